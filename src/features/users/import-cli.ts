import type { Command } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import type { Groups } from '../groups/index.ts'
import type { Accounts } from './accounts.ts'
import { importAccounts } from './import.ts'

export interface ImportCommandDeps {
  readonly accounts: Accounts
  readonly groups: Groups
  readonly canMail: boolean
}

const PROGRESS_EVERY = 100

/** Accounts from a table. */
export function importCommand({ accounts, groups, canMail }: ImportCommandDeps): Command {
  return {
    name: 'user:import',
    summary: 'Make the accounts of a CSV file; those that are there already are left as they are',
    args: [{ name: 'file', summary: 'CSV file in UTF-8; its first line names the columns' }],
    options: {
      'dry-run': { type: 'boolean', summary: 'Check every line and make nothing' },
      'make-groups': { type: 'boolean', summary: 'Make groups that are missing' },
      invite: { type: 'boolean', summary: 'Invite by mail who has no password in the file' },
    },
    examples: ['user:import people.csv --dry-run', 'user:import people.csv --make-groups --invite'],
    async run(input, out) {
      const isDryRun = input.options['dry-run'] === true
      const invites = input.options['invite'] === true
      if (invites && !canMail) {
        throw new Fault('bad-request', 'Nobody can be invited: no mail server is set (CLOUDLET_SMTP_URL)', {
          reason: 'setting',
        })
      }
      const options = { isDryRun, invites, makesGroups: input.options['make-groups'] === true, actor: 'cli' }
      const counted = ({ made, existing, failed }: { made: number; existing: number; failed: number }): string =>
        `${made} ${isDryRun ? 'can be made' : 'made'}, ${existing} there already, ${failed} refused`
      const report = await importAccounts(
        {
          accounts,
          groups,
          onProblem: ({ line, userId, message }) => out.warn(`Line ${line} (${userId}): ${message}`),
          onLine: (so) => {
            if ((so.made + so.existing + so.failed) % PROGRESS_EVERY === 0) out.progress(counted(so))
          },
        },
        input.args['file'] ?? '',
        options,
      )
      out.result({ ...report, problems: report.problems as unknown as Json, dry_run: isDryRun }, [counted(report)])
      if (report.failed > 0) {
        throw new Fault('conflict', `${report.failed} lines were refused. Mend them and import the file again`)
      }
    },
  }
}
