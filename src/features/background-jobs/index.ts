import type { Metrics } from '../../http/metrics.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Feature } from '../feature.ts'
import { jobCommands } from './cli.ts'

/** What an administrator sees of the work that is done later. */
export function createBackgroundJobs({ jobs, metrics }: { jobs: Jobs; metrics: Metrics }): Feature {
  metrics.add({
    name: 'cloudlet_jobs',
    help: 'Work that waits, and work that was given up after its last attempt, by kind',
    type: 'gauge',
    read: async () => (await jobs.count()).map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
  })
  return { name: 'background-jobs', commands: jobCommands(jobs), sweep: jobs.sweep }
}
