// Loaded before a program (`node --require`): ends it, and whatever it started, when the one
// who holds the other end of its standard input is gone, however that came about.
process.stdin.on("end", () => process.kill(-process.pid, "SIGKILL")).resume();
