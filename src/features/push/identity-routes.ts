import { Fault } from '../../lib/fault.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'

export interface IdentityRoutesDeps {
  /** The public key of an account with a device at a push proxy, PEM; undefined for every other. */
  readonly findPublicKey: (userId: string) => Promise<string | undefined>
}

/**
 * A push proxy that was told of one device by two accounts asks the servers whose key is the right one. It knows nobody
 * here, so everybody may ask, and learns only of accounts that have a device at a proxy.
 */
export function identityRoutes({ findPublicKey }: IdentityRoutesDeps): OcsRoute[] {
  return [
    defineOcs({
      method: 'GET',
      path: '/identityproof/key/:userId',
      summary: 'The key by which push proxies check what this server sends for an account',
      auth: 'public',
      reply: Type.Object({ public: Type.String() }),
      async handler({ params }) {
        const publicKey = await findPublicKey(params.userId)
        if (publicKey === undefined) throw new Fault('not-found', 'User not found')
        return { public: publicKey }
      },
    }),
  ]
}
