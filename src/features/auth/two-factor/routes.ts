import { Type } from '../../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../../ocs/route.ts'
import type { Accounts } from '../../users/index.ts'
import type { TwoFactor } from './service.ts'

export interface TwoFactorRoutesDeps {
  readonly accounts: Pick<Accounts, 'get'>
  readonly twoFactor: TwoFactor
}

const States = Type.Record(Type.String(), Type.Boolean())

/** Providers in the names that administrators' scripts know. */
export async function providerStates(twoFactor: TwoFactor, accountId: number): Promise<Record<string, boolean>> {
  const isOn = await twoFactor.isOn(accountId)
  return { totp: isOn, backup_codes: isOn && (await twoFactor.countRecoveryCodes(accountId)) > 0 }
}

/** The operations `two_factor_api` of the published description of the API. */
export function twoFactorRoutes(deps: TwoFactorRoutesDeps): OcsRoute[] {
  return [showState(deps), enable(deps), disable(deps)]
}

const showState = ({ accounts, twoFactor }: TwoFactorRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/twofactor/state',
    summary: 'Which second factors an account has',
    auth: 'admin',
    input: Type.Object({ user: Type.String({ maxLength: 64 }) }),
    reply: States,
    async handler({ input }) {
      const { row } = await accounts.get(input.user)
      return providerStates(twoFactor, row.id)
    },
  })

const Change = Type.Object({
  user: Type.String({ maxLength: 64 }),
  providers: Type.Optional(Type.Array(Type.String({ maxLength: 64 }))),
})

/** Nobody can set up a factor for somebody else: the secret belongs on the other's device. */
const enable = ({ accounts, twoFactor }: TwoFactorRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/twofactor/enable',
    summary: 'Answers what an account has; only the account itself can set up a second factor',
    auth: 'admin',
    confirm: true,
    input: Change,
    reply: States,
    async handler({ input }) {
      const { row } = await accounts.get(input.user)
      return providerStates(twoFactor, row.id)
    },
  })

const disable = ({ accounts, twoFactor }: TwoFactorRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/twofactor/disable',
    summary: 'Switches off the second factor of an account that has lost it',
    auth: 'admin',
    confirm: true,
    input: Change,
    reply: States,
    async handler({ input, viewer }) {
      const { row } = await accounts.get(input.user)
      const { providers = [] } = input
      if (providers.length === 0 || providers.includes('totp')) await twoFactor.switchOff(row.id, viewer.userId)
      return providerStates(twoFactor, row.id)
    },
  })
