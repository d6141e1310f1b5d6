import { Type } from '../../../lib/schema.ts'
import { defineOcs, type OcsRoute, OcsStatus } from '../../../ocs/route.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Vapid } from './vapid.ts'

/** Web push for browsers and for apps with UnifiedPush (recording notifications-webpush). */
export function webPushRoutes(subscriptions: Subscriptions, vapid: Vapid): OcsRoute[] {
  return [getVapidKey(vapid), subscribe(subscriptions), activate(subscriptions), unsubscribe(subscriptions)]
}

const PATH = '/apps/notifications/api/v2/webpush'

const getVapidKey = (vapid: Vapid): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${PATH}/vapid`,
    summary: 'The key that names this server to push services',
    auth: 'user',
    reach: 'read',
    reply: Type.Object({ vapid: Type.String({ description: 'P-256 point, uncompressed, base64url' }) }),
    handler: async () => ({ vapid: await vapid.publicKey() }),
  })

const subscribe = (subscriptions: Subscriptions): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: PATH,
    summary: 'Subscribes this client for web push; a token is pushed to it, which it has to send back',
    auth: 'user',
    reach: 'read',
    // Each call makes this server send a message to an address that the caller has chosen.
    limit: { calls: 60, windowSeconds: 600 },
    input: Type.Object({
      endpoint: Type.String({ description: 'Address at the push service (RFC 8030), 765 characters or less' }),
      uaPublicKey: Type.String({ description: 'Public key of the client (RFC 8291), base64url' }),
      auth: Type.String({ description: 'Secret of the client (RFC 8291), base64url' }),
      appTypes: Type.String({ description: 'Apps whose notifications are wanted: `all`, `all,-spreed`, `files`' }),
    }),
    statuses: { 201: 'Subscribed anew: a token was pushed and waits to be sent back' },
    async handler({ viewer, input, request }) {
      const outcome = await subscriptions.subscribe(viewer, input, request.baseUrl)
      return outcome === 'asked' ? new OcsStatus(201) : undefined
    },
  })

const activate = (subscriptions: Subscriptions): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: `${PATH}/activate`,
    summary: 'Sends back the token that was pushed: from now on notifications are',
    auth: 'user',
    reach: 'read',
    input: Type.Object({ activationToken: Type.String({ maxLength: 128 }) }),
    statuses: { 202: 'Activated' },
    async handler({ viewer, input }) {
      const outcome = await subscriptions.activate(viewer, input.activationToken)
      return outcome === 'activated' ? new OcsStatus(202) : undefined
    },
  })

const unsubscribe = (subscriptions: Subscriptions): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: PATH,
    summary: 'Ends the subscription of this client',
    auth: 'user',
    reach: 'read',
    statuses: { 202: 'Ended' },
    async handler({ viewer }) {
      return (await subscriptions.unsubscribe(viewer)) ? new OcsStatus(202) : undefined
    },
  })
