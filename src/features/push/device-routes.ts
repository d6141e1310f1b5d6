import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute, OcsStatus } from '../../ocs/route.ts'
import type { Devices } from './devices.ts'

/** Registering and forgetting phones (recording notifications-push). */
export function deviceRoutes(devices: Devices): OcsRoute[] {
  return [registerDevice(devices), removeDevice(devices)]
}

const registerDevice = (devices: Devices): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/apps/notifications/api/v2/push',
    summary: 'Registers the device that uses this app password for push through a proxy',
    auth: 'user',
    reach: 'read',
    limit: { calls: 60, windowSeconds: 600 },
    input: Type.Object({
      pushTokenHash: Type.String({ description: 'SHA-512 of the push token, hex' }),
      devicePublicKey: Type.String({ description: 'RSA, 2048 bits, SubjectPublicKeyInfo in PEM' }),
      proxyServer: Type.String({ description: 'Address of the push proxy' }),
    }),
    reply: Type.Object({
      publicKey: Type.String(),
      deviceIdentifier: Type.String(),
      signature: Type.String(),
    }),
    statuses: { 201: 'Registered anew or changed: the proxy has to be told' },
    async handler({ viewer, input, request }) {
      const client = { userAgent: request.headers['user-agent'] ?? '', baseUrl: request.baseUrl }
      const { isChanged, ...reply } = await devices.register(viewer, input, client)
      return isChanged ? new OcsStatus(201, { ...reply }) : { ...reply }
    },
  })

const removeDevice = (devices: Devices): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: '/apps/notifications/api/v2/push',
    summary: 'Forgets the device that uses this app password',
    auth: 'user',
    reach: 'read',
    statuses: { 202: 'Forgotten: the proxy has to be told' },
    async handler({ viewer }) {
      return (await devices.remove(viewer)) ? new OcsStatus(202) : undefined
    },
  })
