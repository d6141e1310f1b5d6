import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { basic, createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'

type As = readonly [string, string]
const ALICE: As = ['alice', 'alice-password']
const BOB: As = ['bob', 'bob-password']

type Shade = '#ff0000' | '#00ff00'
const square = (background: Shade, pixels = 300) =>
  sharp({ create: { width: pixels, height: pixels, channels: 3, background } })

const show = (app: TestApp, path: string, as?: As, headers: Record<string, string> = {}): Promise<TestAnswer> =>
  app.request({ url: `/index.php/avatar/${path}`, headers, ...(as === undefined ? {} : { as }) })

function form(bytes: Uint8Array): { headers: Record<string, string>; body: Uint8Array } {
  const head = '--XX\r\nContent-Disposition: form-data; name="files[]"; filename="a"\r\nContent-Type: image/png\r\n\r\n'
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--XX--\r\n')])
  return { headers: { ...OCS, 'content-type': 'multipart/form-data; boundary=XX' }, body }
}

const upload = (app: TestApp, bytes: Uint8Array, as: As = ALICE): Promise<TestAnswer> =>
  app.request({ method: 'POST', url: '/avatar/', as, ...form(bytes) })

async function middleOf({ bytes }: TestAnswer): Promise<number[]> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * info.channels
  return [...data.subarray(at, at + 3)].map((part) => Math.round(part / 16))
}

/** A PNG that says it is huge and holds nothing. */
function bomb(): Uint8Array {
  const header = Buffer.from('89504e470d0a1a0a0000000d49484452000075300000753008060000000', 'hex')
  return Buffer.concat([header, Buffer.alloc(64)])
}

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`avatars on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database })
      for (const [userId, password] of [ALICE, BOB]) {
        await app.features.accounts.add({ userId, password, displayName: `${userId} example` }, 'test')
      }
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    test('without a picture one is drawn: PNG of the size, another for a dark page, known again by its ETag', async () => {
      const small = await show(app, 'alice/64')
      const { width, height, format } = await sharp(small.bytes).metadata()
      assert.deepEqual({ width, height, format }, { width: 64, height: 64, format: 'png' })
      assert.equal((await sharp((await show(app, 'alice/65')).bytes).metadata()).width, 512)
      const dark = await show(app, 'alice/64/dark')
      assert.notDeepEqual(dark.bytes, small.bytes)
      assert.deepEqual((await show(app, 'alice/64', BOB)).bytes, small.bytes)
      const etag = String(small.headers['etag'])
      const again = await show(app, 'alice/64', undefined, { 'if-none-match': etag })
      assert.equal(again.status, 304)
      assert.equal(again.text, '')
      assert.equal(again.headers['cache-control'], small.headers['cache-control'])
    })

    test('a picture of one’s own is shown in both sizes, written anew, until it is taken down', async () => {
      const drawn = await show(app, 'alice/64')
      for (const [input, contentType] of [
        [await square('#ff0000').jpeg().withMetadata({ orientation: 6 }).toBuffer(), 'image/jpeg'],
        [await square('#ff0000').webp().toBuffer(), 'image/jpeg'],
        [await square('#ff0000').gif().toBuffer(), 'image/png'],
        [await square('#ff0000').ensureAlpha().png().toBuffer(), 'image/png'],
      ] as const) {
        assert.deepEqual((await upload(app, input)).json(), { status: 'success' })
        for (const pixels of [64, 512]) {
          const shown = await show(app, `alice/${pixels}`, BOB)
          const facts = await sharp(shown.bytes).metadata()
          assert.equal(shown.headers['content-type'], contentType)
          assert.equal(shown.headers['x-nc-iscustomavatar'], '1')
          assert.deepEqual([facts.width, facts.height, facts.exif], [pixels, pixels, undefined])
          assert.deepEqual(await middleOf(shown), [16, 0, 0])
        }
      }
      const custom = await show(app, 'alice/64')
      await upload(app, await square('#00ff00').png().toBuffer())
      const other = await show(app, 'alice/64', undefined, { 'if-none-match': String(custom.headers['etag']) })
      assert.equal(other.status, 200)
      assert.deepEqual(await middleOf(other), [0, 16, 0])
      assert.equal((await app.request({ method: 'DELETE', url: '/avatar/', headers: OCS, as: ALICE })).text, '[]')
      const back = await show(app, 'alice/64', undefined, {
        'if-modified-since': String(other.headers['last-modified']),
      })
      assert.equal(back.status, 200)
      assert.equal(back.headers['etag'], drawn.headers['etag'])
    })

    test('over WebDAV in any size and as PNG or JPEG', async () => {
      await upload(app, await square('#00ff00').jpeg().toBuffer())
      for (const [name, pixels, contentType] of [
        ['128.png', 128, 'image/png'],
        ['96.jpeg', 96, 'image/jpeg'],
        ['9999.jpg', 512, 'image/jpeg'],
      ] as const) {
        const url = `/remote.php/dav/avatars/alice/${name}`
        const answer = await app.request({ url, as: BOB })
        assert.equal(answer.headers['content-type'], contentType)
        assert.equal((await sharp(answer.bytes).metadata()).width, pixels)
        assert.deepEqual(await middleOf(answer), [0, 16, 0])
        const headers = { 'if-none-match': String(answer.headers['etag']) }
        assert.equal((await app.request({ url, as: BOB, headers })).status, 304)
      }
      for (const wrong of ['alice/0.png', 'alice/x.png', 'alice/96.svg', 'alice/96.png/x', 'nobody/96.png']) {
        assert.equal((await app.request({ url: `/remote.php/dav/avatars/${wrong}`, as: BOB })).status, 404, wrong)
      }
      const put = { method: 'PUT', url: '/remote.php/dav/avatars/alice/96.png', as: ALICE, body: 'x' }
      assert.equal((await app.request(put)).status, 403)
      await app.request({ method: 'DELETE', url: '/avatar/', headers: OCS, as: ALICE })
    })

    test('nothing but a picture is taken, and no picture that would fill the memory (bug class: image bombs)', async () => {
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
      const whole = await square('#ff0000').png().toBuffer()
      for (const [what, bytes] of [
        ['a bomb', bomb()],
        ['SVG', Buffer.from(svg)],
        ['half a picture', whole.subarray(0, whole.length / 2)],
        ['nothing', new Uint8Array(0)],
      ] as const) {
        const answer = await upload(app, bytes)
        assert.deepEqual([answer.status, answer.json()], [200, { data: { message: 'Invalid image' } }], what)
      }
      assert.equal((await upload(app, new Uint8Array(8 * 1024 * 1024 + 1))).status, 413)
      assert.equal((await upload(app, new Uint8Array(9 * 1024 * 1024))).status, 413)
      const wide = await sharp({ create: { width: 3_000, height: 90, channels: 3, background: '#ff0000' } })
        .png()
        .toBuffer()
      const { data, image } = (await upload(app, wide)).json()
      assert.equal(data, 'notsquare')
      const preview = Buffer.from(String(image).replace(/^data:image\/png;base64,/, ''), 'base64')
      assert.equal((await sharp(preview).metadata()).width, 1_024)
      assert.equal((await show(app, 'alice/64')).headers['x-nc-iscustomavatar'], '0')
    })

    test('only its owner changes it, and means to (bug class: CSRF)', async () => {
      const { headers, body } = form(await square('#ff0000').png().toBuffer())
      const type = { 'content-type': headers['content-type'] ?? '' }
      assert.equal((await app.request({ method: 'POST', url: '/avatar/', headers, body })).status, 401)
      assert.equal((await app.request({ method: 'POST', url: '/avatar/', headers: type, body, as: ALICE })).status, 412)
      assert.equal((await app.request({ method: 'DELETE', url: '/avatar/', as: ALICE })).status, 412)
      assert.equal((await show(app, 'alice/64')).headers['x-nc-iscustomavatar'], '0')
    })

    test('a file of the cloud is one’s own, and an app sends the picture itself', async () => {
      const put = (body: string | Uint8Array, as: As = ALICE) =>
        app.request({ method: 'PUT', url: `/remote.php/dav/files/${as[0]}/me.png`, as, body })
      const fromCloud = (path: string, as: { as: As } | { authorization: string }) =>
        app.request({
          method: 'POST',
          url: '/avatar/',
          headers: {
            ...OCS,
            'content-type': 'application/x-www-form-urlencoded',
            ...('authorization' in as ? as : { authorization: basic(...as.as) }),
          },
          body: new URLSearchParams({ path }).toString(),
        })
      await put(await square('#00ff00', 400).png().toBuffer())
      assert.deepEqual((await fromCloud('/me.png', { as: ALICE })).json(), { status: 'success' })
      assert.deepEqual(await middleOf(await show(app, 'alice/512')), [0, 16, 0])
      for (const path of ['/../alice/me.png', '/nothing.png', '/']) {
        assert.ok([400, 404].includes((await fromCloud(path, { as: BOB })).status), path)
      }
      const url = '/ocs/v2.php/core/getapppassword?format=json'
      const { apppassword } = (await app.request({ url, headers: OCS, as: ALICE })).json().ocs.data
      assert.equal((await fromCloud('/me.png', { authorization: basic('alice', apppassword) })).status, 403)
      await app.request({ method: 'DELETE', url: '/avatar/', headers: OCS, as: ALICE })
    })

    test('a picture that its owner hides is drawn for everybody else', async () => {
      await upload(app, await square('#ff0000').png().toBuffer())
      const body = new URLSearchParams({ key: 'avatarScope', value: 'v2-private' }).toString()
      const headers = { ...OCS, 'content-type': 'application/x-www-form-urlencoded' }
      await app.request({ method: 'PUT', url: '/ocs/v2.php/cloud/users/alice', headers, as: ALICE, body })
      const seen = async (as?: As) => (await show(app, 'alice/64', as)).headers['x-nc-iscustomavatar']
      assert.deepEqual([await seen(ALICE), await seen(BOB), await seen()], ['1', '0', '0'])
    })

    test('who is not to know of an account sees what is seen where there is none (bug class: enumeration)', async () => {
      const { appConfig, accounts, groups } = app.features
      await appConfig.set('core', 'shareapi_restrict_user_enumeration_to_group', 'yes', 'test')
      assert.equal((await show(app, 'alice/64', BOB)).status, 200, 'named exactly')
      await appConfig.set('core', 'shareapi_restrict_user_enumeration_full_match', 'no', 'test')
      const answers = await Promise.all([
        show(app, 'alice/64', BOB),
        show(app, 'nobody/64', BOB),
        show(app, 'alice/64'),
        show(app, 'nobody/64'),
      ])
      const facts = answers.map(({ status, text, headers }) => [status, text, headers['content-type']])
      for (const each of facts) assert.deepEqual(each, [404, '[]', 'application/json; charset=utf-8'])
      const dav = (user: string) => app.request({ url: `/remote.php/dav/avatars/${user}/96.png`, as: BOB })
      const hide = (text: string, user: string) => text.replaceAll(user, 'USER')
      assert.equal(hide((await dav('alice')).text, 'alice'), hide((await dav('nobody')).text, 'nobody'))
      assert.equal((await show(app, 'alice/64', ALICE)).status, 200)
      await groups.add('friends', 'friends', 'test')
      for (const userId of ['alice', 'bob']) {
        await groups.addMember('friends', (await accounts.get(userId)).row.id, 'test')
      }
      assert.equal((await show(app, 'alice/64', BOB)).status, 200)
      for (const name of ['restrict_user_enumeration_to_group', 'restrict_user_enumeration_full_match']) {
        await appConfig.remove('core', `shareapi_${name}`, 'test')
      }
    })

    test('nothing of it is left for who gets the name later (bug class: orphaned rows after deletion)', async () => {
      const erin = { userId: 'erin', password: 'erin-password' }
      await app.features.accounts.add(erin, 'test')
      await upload(app, await square('#ff0000').png().toBuffer(), ['erin', 'erin-password'])
      assert.equal((await show(app, 'erin/64')).headers['x-nc-iscustomavatar'], '1')
      await app.features.accounts.remove(await app.features.accounts.get('erin'), 'test')
      assert.equal((await show(app, 'erin/64')).status, 404)
      await app.features.accounts.add(erin, 'test')
      assert.equal((await show(app, 'erin/64')).headers['x-nc-iscustomavatar'], '0')
    })

    test('many strangers who ask at once are served or told to wait, and nobody else notices', async () => {
      const asked = Array.from({ length: 260 }, (_none, index) => {
        const letters = String.fromCharCode(65 + (index % 26), 32, 65 + Math.floor(index / 26))
        return show(app, `guest/${encodeURIComponent(letters)}/512`)
      })
      const statuses = new Set((await Promise.all(asked)).map(({ status }) => status))
      assert.ok(
        [...statuses].every((status) => status === 201 || status === 503),
        [...statuses].join(),
      )
      assert.equal((await show(app, 'guest/Zoe%20Zebra/64')).status, 201)
    })
  })
}
