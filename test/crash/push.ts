import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startProgram } from '../helpers/program.ts'
import { ANDROID } from '../helpers/push.ts'
import { createTestDevice, startPushProxy, type TestPushProxy } from '../helpers/push-proxy.ts'
import { OCS } from '../helpers/test-app.ts'
import { createScene, type Scene } from './scene.ts'

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
    await introduce(scene, proxy)
    await scene.stop()
    for (const [index, at] of PUSH_POINTS.entries()) {
      const said = await scene.command(['notification:generate', 'alice', `cut off at ${at}`])
      assert.equal(said.code, 0, said.err)
      await scene.startToDie(at)
      assert.equal(proxy.textsFor(phone).length, index === 0 ? 0 : 2)
      await scene.start()
      const count = index === 0 ? 1 : 3
      await arrived(proxy, count)
      assert.equal(proxy.textsFor(phone).length, count)
      assert.match(proxy.textsFor(phone).at(-1) ?? '', new RegExp(`cut off at ${at}`))
      await scene.stop()
    }
  })
}

/** What a node was sending when it was killed belongs to nobody, and does not wait for its restart. */
export function killOneOfTwoNodes(): void {
  test('the push of a node that is killed goes out from the other node, within seconds', async (t) => {
    const proxy = await startPushProxy()
    t.after(() => proxy.close())
    const env = { CLOUDLET_PUSH_PROXIES: 'localhost', CLOUDLET_OUTGOING_ALLOWED: 'localhost' }
    const scene = await createScene(t, 'postgres', { env, blobs: 's3' })
    const first = await scene.start()
    await introduce(scene, proxy)
    const begun = Promise.withResolvers<void>()
    const killed = Promise.withResolvers<void>()
    proxy.answer = async () => {
      begun.resolve()
      // Nobody is answered before the first node is dead.
      await killed.promise
      return {}
    }
    const said = await scene.command(['notification:generate', 'alice', 'from node to node'])
    assert.equal(said.code, 0, said.err)
    await begun.promise
    const folder = mkdtempSync(join(tmpdir(), 'cloudlet-node-'))
    const second = startProgram(['serve', '--port', '0', '--data', folder], scene.env)
    t.after(async () => {
      second.kill('SIGKILL')
      await second.ended
      rmSync(folder, { recursive: true, force: true })
    })
    await second.says(/Address\s+(http\S+)/)
    assert.equal(proxy.posts.length, 1, 'as long as the first is at it, the second leaves it alone')
    first.kill('SIGKILL')
    await first.ended
    killed.resolve()
    await arrived(proxy, 2)
    assert.equal(proxy.posts.length, 2)
    assert.match(proxy.textsFor(phone)[1] ?? '', /from node to node/)
    second.kill('SIGTERM')
    assert.equal((await second.ended).code, 0)
  })
}

/** Registers the phone of alice, while a server runs. */
async function introduce(scene: Scene, proxy: TestPushProxy): Promise<void> {
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
}

/** Waits until so many texts have come, a minute at most. */
async function arrived(proxy: TestPushProxy, count: number): Promise<void> {
  for (let turn = 0; turn < 3_000 && proxy.textsFor(phone).length < count; turn++) await setTimeout(20)
}
