import type { Command } from '../../cli/command.ts'
import type { Jobs } from '../../jobs/jobs.ts'

const MOST_LISTED = 500

export function jobCommands(jobs: Jobs): Command[] {
  return [
    {
      name: 'background-job:list',
      summary: `List work that waits or was given up, the next first, at most ${MOST_LISTED}`,
      async run(_input, out) {
        const rows = (await jobs.list(MOST_LISTED)).map((row) => ({
          id: row.id,
          kind: row.kind,
          state: row.failed_at_ms === null ? 'waiting' : 'failed',
          attempts: row.attempts,
          due: new Date(row.run_at_ms).toISOString(),
          lastError: row.last_error,
        }))
        out.result(
          rows,
          rows.length === 0
            ? ['Nothing waits']
            : rows.map(({ id, kind, state, attempts, due, lastError }) =>
                `${id}  ${kind}  ${state}, due ${due}, ${attempts} attempts  ${lastError}`.trimEnd(),
              ),
        )
      },
    },
    {
      name: 'background-job:retry',
      summary: 'Give work that was given up another chance, at once',
      async run(_input, out) {
        const retried = await jobs.retryFailed()
        out.result({ retried }, [`${retried} jobs will be tried again`])
      },
    },
  ]
}
