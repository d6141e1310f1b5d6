import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANDROID } from '../helpers/push.ts'
import { createTestDevice, startPushProxy } from '../helpers/push-proxy.ts'
import { OCS } from '../helpers/test-app.ts'
import { createScene } from './scene.ts'

const phone = createTestDevice('the token of a phone')
/** Where a delivery is cut off: before anything went out, and when only the row of it is left. */
export const PUSH_POINTS: readonly string[] = ['push.claimed', 'push.sent']

export function crashWhilePushing(): void {
  test('a push that a crash cuts off goes out after the restart, and at most once more', async (t) => {
    const proxy = await startPushProxy()
    t.after(() => proxy.close())
    const env = { CLOUDLET_PUSH_PROXIES: 'localhost', CLOUDLET_OUTGOING_ALLOWED: 'localhost' }
    const scene = await createScene(t, 'sqlite', { env })
    await scene.start()
    const form = {
      pushTokenHash: phone.pushTokenHash,
      devicePublicKey: phone.publicKey,
      proxyServer: `${proxy.url}/`,
    }
    const registered = await scene.client().call('POST', '/ocs/v2.php/apps/notifications/api/v2/push?format=json', {
      headers: { ...OCS, 'content-type': 'application/json', 'user-agent': ANDROID },
      body: JSON.stringify(form),
    })
    assert.equal(registered.status, 201, registered.bytes.toString())
    proxy.know(phone, JSON.parse(registered.bytes.toString()).ocs.data)
    await scene.stop()
    for (const [index, at] of PUSH_POINTS.entries()) {
      const said = await scene.command(['notification:generate', 'alice', `cut off at ${at}`])
      assert.equal(said.code, 0, said.err)
      await scene.startToDie(at)
      assert.equal(proxy.textsFor(phone).length, index === 0 ? 0 : 2)
      await scene.start()
      const count = index === 0 ? 1 : 3
      for (let turn = 0; turn < 1_000 && proxy.textsFor(phone).length < count; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      assert.equal(proxy.textsFor(phone).length, count)
      assert.match(proxy.textsFor(phone).at(-1) ?? '', new RegExp(`cut off at ${at}`))
      await scene.stop()
    }
  })
}
