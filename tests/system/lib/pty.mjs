// A program on a terminal of its own: what only shows itself there (completion, full screens) is judged through it. Python's
// pty opens the terminal; what we write is typed, what comes is what the screen would get.

import { spawn } from 'node:child_process'
import { until } from './node.mjs'

const PROGRAM = `
import os, pty, sys
import fcntl, struct, termios
rows, columns = int(sys.argv[1]), int(sys.argv[2])
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
import select
typed = True
while True:
    ready = select.select([fd] + ([0] if typed else []), [], [])[0]
    if 0 in ready:
        data = os.read(0, 4096)
        typed = len(data) > 0
        if data: os.write(fd, data)
    if fd in ready:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data: break
        os.write(1, data)
status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 99)
`

// { type(text), raw(), plain(), saw(text or RegExp), ended }; ended resolves to the exit code.
export function onTerminal (t, command, { env = {}, rows = 24, columns = 100 } = {}) {
  const child = spawn('python3', ['-c', PROGRAM, String(rows), String(columns), ...command], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit']
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', data => { text += data })
  child.stdin.on('error', () => {})
  const ended = new Promise(resolve => child.on('close', code => resolve(code)))
  t.after(() => { if (child.exitCode === null) child.kill('SIGKILL') })
  // Without what only steers the screen.
  const plain = () => text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
  const has = what => what instanceof RegExp ? what.test(plain()) : plain().includes(what)
  return {
    type: keys => child.stdin.write(keys),
    raw: () => text,
    plain,
    saw: what => until(() => has(what), () => `${what} on the terminal:\n${JSON.stringify(plain().slice(-2000))}`),
    ended
  }
}
