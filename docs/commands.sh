#!/bin/bash
# Prints docs/COMMANDS.md: the help of every command of $ERGON, as the command itself tells it.
set -euo pipefail
export COLUMNS=80

# The name of every command that is shown, with those above it, one a line; the first is empty.
names() {
    "$ERGON" --experimental-dump-help | python3 -c '
import json, sys

def walk(command, above):
    print(*above)
    for below in command.get("subcommands", []):
        if below["shouldDisplay"] and below["commandName"] != "help":
            walk(below, [*above, below["commandName"]])

walk(json.load(sys.stdin)["command"], [])'
}

echo "# Commands"
echo
echo "Written by \`make docs\` from the commands' own help."
names | while read -r command; do
    echo
    echo "## ergon${command:+ $command}"
    echo
    echo '```'
    # shellcheck disable=SC2086
    "$ERGON" help $command </dev/null
    echo '```'
done
