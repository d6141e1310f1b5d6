import { existsSync } from 'node:fs'

/**
 * Ends the process at once, as a power cut would, where a test wants it: `TEST_CRASH_AT` names a point, `blob.synced` or
 * `blob.synced:3` for its third time; `*` stands for every point. With `TEST_CRASH_WHEN` points count only while that
 * file exists. Without the first variable it does nothing.
 */
export const crashPoint: (name: string) => void = createCrashPoint(process.env)

/** Whether a test waits for one, so that points which cost something are looked at only then. */
export const hasCrashPoint: boolean = (process.env['TEST_CRASH_AT'] ?? '') !== ''

function createCrashPoint({ TEST_CRASH_AT: wanted = '', TEST_CRASH_WHEN: file }: NodeJS.ProcessEnv) {
  if (wanted === '') return () => {}
  const [point, turn = '1'] = wanted.split(':')
  let left = Number(turn)
  return (name: string): void => {
    if ((name !== point && point !== '*') || (file !== undefined && !existsSync(file))) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
