#!/usr/bin/env bash
# Prints docs/COMMANDS.md: the help of every command, as the executable named by ERGON says it.
set -euo pipefail
export COLUMNS=80
echo "# Commands"
echo
echo "Written by \`make docs\` from the commands' own help."
for command in "" run validate plan submit status watch results logs explain cancel coordinator worker \
    workers "token create" login "policy check" approve "person list" "person forget" coverage "audit verify" "audit show" merge simulate; do
    echo
    echo "## ergon${command:+ $command}"
    echo
    echo '```'
    # shellcheck disable=SC2086
    "$ERGON" help $command
    echo '```'
done
