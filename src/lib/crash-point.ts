/**
 * Ends the process at once, as a power cut would, when a test has named this point in `TEST_CRASH_AT`
 * (`put.stored`, or `put.stored:3` for the third time). Without the variable it does nothing.
 */
export const crashPoint: (name: string) => void = createCrashPoint(process.env['TEST_CRASH_AT'])

function createCrashPoint(wanted: string | undefined): (name: string) => void {
  if (wanted === undefined || wanted === '') return () => {}
  const [point, turn = '1'] = wanted.split(':')
  let left = Number(turn)
  return (name) => {
    if (name !== point) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
