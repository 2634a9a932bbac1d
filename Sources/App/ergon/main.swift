import ErgonCommands

await runErgon()
