import type { Database } from '../../../db/database.ts'
import type { Audit } from '../../../lib/log.ts'
import * as store from './store.ts'

/** Who has to have a second factor: nobody, everybody, or members of some groups; members of others never. */
export interface Rule {
  readonly isOn: boolean
  /** Empty: everybody. */
  readonly groupIds: readonly string[]
  readonly excludedGroupIds: readonly string[]
}

export interface Rules {
  get(): Promise<Rule>
  change(rule: Rule, actor: string): Promise<void>
  isHeld(accountId: number): Promise<boolean>
}

/** Changes with the rule: a password that was enough may not be any more. */
export const RULE_TOPIC = 'two-factor-rule'

export interface RulesDeps {
  readonly db: Database
  readonly audit: Audit
  readonly groupIdsOf: (accountId: number) => Promise<readonly string[]>
}

export function createRules({ db, audit, groupIdsOf }: RulesDeps): Rules {
  const get = async (): Promise<Rule> => {
    const rows = await store.listRules(db.read)
    const ofKind = (kind: string): string[] => rows.filter((row) => row.kind === kind).map((row) => row.group_id)
    const groupIds = ofKind('group')
    return {
      isOn: groupIds.length > 0 || ofKind('all').length > 0,
      groupIds,
      excludedGroupIds: ofKind('exclude'),
    }
  }
  return {
    get,
    async change({ isOn, groupIds, excludedGroupIds }, actor) {
      const row = (kind: string) => (group_id: string) => ({ kind, group_id })
      const rows = isOn
        ? [
            ...(groupIds.length === 0 ? [{ kind: 'all', group_id: '' }] : groupIds.map(row('group'))),
            ...excludedGroupIds.map(row('exclude')),
          ]
        : []
      await db.write(async (tx) => {
        await store.replaceRules(tx, rows)
        await db.stamps.bump(tx, RULE_TOPIC)
      })
      audit.record({
        event: 'two-factor.rule-changed',
        actor,
        detail: { isOn, groupIds: groupIds.join(' '), excludedGroupIds: excludedGroupIds.join(' ') },
      })
    },
    async isHeld(accountId) {
      const { isOn, groupIds, excludedGroupIds } = await get()
      if (!isOn) return false
      const own = new Set(await groupIdsOf(accountId))
      if (excludedGroupIds.some((id) => own.has(id))) return false
      return groupIds.length === 0 || groupIds.some((id) => own.has(id))
    },
  }
}
