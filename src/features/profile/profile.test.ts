import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'
import { localTimeText, offsetSeconds } from './time.ts'
import { PROFILE_WORDS } from './words.ts'

type As = readonly [string, string]
const ALICE: As = ['alice', 'alice-password']
const BOB: As = ['bob', 'bob-password']
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

const ocs = (app: TestApp, path: string, as: As, headers: Record<string, string> = {}): Promise<TestAnswer> =>
  app.request({ url: `/ocs/v2.php${path}?format=json`, headers: { ...OCS, ...headers }, as })

async function edit(app: TestApp, fields: Record<string, string>, as: As = ALICE): Promise<void> {
  for (const [key, value] of Object.entries(fields)) {
    const body = new URLSearchParams({ key, value }).toString()
    const answer = await app.request({
      method: 'PUT',
      url: `/ocs/v2.php/cloud/users/${as[0]}?format=json`,
      headers: { ...OCS, ...FORM },
      as,
      body,
    })
    assert.equal(answer.status, 200, `${key}: ${answer.text}`)
  }
}

async function show(app: TestApp, paramId: string, visibility: string, as: As = ALICE, of = 'alice'): Promise<number> {
  const body = new URLSearchParams({ paramId, visibility }).toString()
  const url = `/ocs/v2.php/profile/${of}?format=json`
  return (await app.request({ method: 'PUT', url, headers: { ...OCS, ...FORM }, as, body })).status
}

const profile = async (app: TestApp, as: As, of = 'alice') => (await ocs(app, `/profile/${of}`, as)).json().ocs.data

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`profiles on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database })
      for (const [userId, password] of [ALICE, BOB]) {
        await app.features.accounts.add({ userId, password, email: `${userId}@example.com` }, 'test')
      }
      await edit(app, {
        headline: 'Hello <b>there</b>',
        biography: 'First line\nSecond "line"',
        phone: '+49 711 123456',
        address: 'Far away',
        fediverse: 'alice@example.social',
        website: 'https://example.net/?a=1&b="c"'.replaceAll('"', '%22'),
      })
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    test('each part is shown to whom its owner has chosen, and always to the owner', async () => {
      const page = async (as?: As) => (await app.request({ url: '/u/alice', ...(as === undefined ? {} : { as }) })).text
      const seen = async (): Promise<boolean[]> => [
        (await profile(app, ALICE)).headline !== null,
        (await profile(app, BOB)).headline !== null,
        (await page(BOB)).includes('Hello'),
        (await page()).includes('Hello'),
      ]
      assert.deepEqual(await seen(), [true, true, true, true])
      assert.equal(await show(app, 'headline', 'show_users_only'), 200)
      assert.deepEqual(await seen(), [true, true, true, false])
      assert.equal(await show(app, 'headline', 'hide'), 200)
      assert.deepEqual(await seen(), [true, false, false, false])
      assert.equal(await show(app, 'headline', 'show'), 200)
      await edit(app, { headlineScope: 'v2-private' })
      assert.deepEqual(await seen(), [true, false, false, false], 'private is stronger than shown')
      await edit(app, { headlineScope: 'v2-local' })
    })

    test('address, phone and mail are for people with an account, until their owner says more', async () => {
      const { actions, address } = await profile(app, BOB)
      const ids = actions.map(({ id }: { id: string }) => id)
      assert.deepEqual([ids, address], [['email', 'phone', 'website', 'fediverse'], 'Far away'])
      const { text } = await app.request({ url: '/u/alice' })
      for (const secret of ['alice@example.com', '+49711123456', 'Far away']) assert.ok(!text.includes(secret), secret)
      assert.match(text, /https:\/\/example\.social\/@alice/)
    })

    test('nobody chooses for somebody else, or what there is not', async () => {
      assert.equal(await show(app, 'email', 'hide', BOB), 403)
      assert.equal(await show(app, 'email', 'everybody'), 400)
      for (const field of ['password', '__proto__', 'constructor', 'x'.repeat(65)]) {
        assert.equal(await show(app, field, 'show'), 400, field)
      }
    })

    test('a profile that is switched off is there for its owner alone', async () => {
      await edit(app, { profile_enabled: '0' })
      assert.equal((await ocs(app, '/profile/alice', BOB)).status, 404)
      assert.equal((await app.request({ url: '/u/alice' })).status, 404)
      assert.equal((await ocs(app, '/profile/alice', ALICE)).status, 200)
      const { actions } = (await ocs(app, '/hovercard/v1/alice', BOB)).json().ocs.data
      assert.ok(!actions.some(({ appId }: { appId: string }) => appId === 'profile'))
      await edit(app, { profile_enabled: '1' })
    })

    test('the page is plain text in a page without scripts (bug class: stored XSS)', async () => {
      const answer = await app.request({ url: '/u/alice', headers: { 'accept-language': 'de' } })
      assert.equal(answer.status, 200)
      assert.match(answer.text, /Hello &lt;b&gt;there&lt;\/b&gt;/)
      assert.match(answer.text, /href="https:\/\/example\.net\/\?a=1&amp;b=%22c%22" rel="nofollow noopener noreferrer"/)
      assert.doesNotMatch(answer.text, /<script|<b>/)
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
      assert.match(answer.text, /<html lang="de">[\s\S]*Profil von alice/)
      for (const unknown of ['nobody', '..%2f..', '%00', 'x'.repeat(300)]) {
        assert.equal((await app.request({ url: `/u/${unknown}` })).status, 404, unknown)
      }
    })

    test('people read it in their language, and every icon and link is there', async () => {
      await edit(app, { language: 'fr' }, BOB)
      const { actions } = (await ocs(app, '/hovercard/v1/alice', BOB)).json().ocs.data
      assert.equal(actions[0].title, 'Voir le profil')
      const own = await profile(app, BOB)
      assert.equal(own.actions[0].title, 'Écrire à alice@example.com')
      for (const { icon } of [...actions, ...own.actions]) {
        const answer = await app.request({ url: new URL(icon).pathname })
        assert.equal(answer.headers['content-type'], 'image/svg+xml', icon)
        const headers = { 'if-none-match': String(answer.headers['etag']) }
        assert.equal((await app.request({ url: new URL(icon).pathname, headers })).status, 304)
      }
      assert.equal((await app.request({ url: '/core/img/actions/nothing.svg' })).status, 404)
      assert.equal((await app.request({ url: new URL(actions[0].hyperlink).pathname })).status, 200)
    })

    test('nothing of it is left for who gets the name later (bug class: orphaned rows after deletion)', async () => {
      const erin = { userId: 'erin', password: 'erin-password', email: 'erin@example.com' }
      const as: As = ['erin', 'erin-password']
      await app.features.accounts.add(erin, 'test')
      assert.equal(await show(app, 'email', 'hide', as, 'erin'), 200)
      assert.deepEqual((await profile(app, ALICE, 'erin')).actions, [])
      await app.features.accounts.remove(await app.features.accounts.get('erin'), 'test')
      await app.features.accounts.add(erin, 'test')
      assert.equal((await profile(app, ALICE, 'erin')).actions.length, 1)
    })
  })

  describe(`menus on ${database}`, () => {
    test('they lead to pages that are there, in the language of the reader, and are sent once', async () => {
      const app = await createTestApp({ database })
      await app.features.accounts.add({ userId: ALICE[0], password: ALICE[1] }, 'test')
      const menu = (headers = {}) => ocs(app, '/core/navigation/settings', ALICE, headers)
      const first = await menu({ 'accept-language': 'de' })
      assert.deepEqual(
        first.json().ocs.data.map(({ name }: { name: string }) => name),
        ['Profil ansehen', 'Einstellungen'],
      )
      for (const { href, icon } of first.json().ocs.data) {
        assert.notEqual((await app.request({ url: href, as: ALICE })).status, 404, href)
        if (icon !== '') assert.equal((await app.request({ url: icon })).status, 200, icon)
      }
      const etag = String(first.headers['etag'])
      assert.equal((await menu({ 'accept-language': 'de', 'if-none-match': etag })).status, 304)
      assert.equal((await menu({ 'accept-language': 'fr', 'if-none-match': etag })).status, 200)
      const absolute = await app.request({
        url: '/ocs/v2.php/core/navigation/settings?format=json&absolute=true',
        headers: OCS,
        as: ALICE,
      })
      assert.equal(absolute.json().ocs.data[0].href, 'http://cloud.test/u/alice')
      assert.deepEqual((await ocs(app, '/core/navigation/apps', ALICE)).json().ocs.data, [])
      await app.close()
      await stopSharedPostgres()
    })
  })
}

test('times are told as they are where people are', () => {
  const atMs = Date.parse('2026-11-24T08:57:00Z')
  const tell = (timezone: string, viewerTimezone: string, language: 'en' | 'de' | 'fr', locale: string = language) =>
    localTimeText({ timezone, viewerTimezone, atMs, locale }, PROFILE_WORDS[language])
  assert.equal(tell('UTC', 'Europe/Berlin', 'en'), '8:57\u202fAM • 1h behind')
  assert.equal(tell('Asia/Kolkata', 'UTC', 'en', 'en-GB'), '14:27 • 5h 30m ahead')
  assert.equal(tell('Europe/Paris', 'Europe/Berlin', 'de'), '09:57 • gleiche Zeit')
  assert.equal(tell('America/St_Johns', 'UTC', 'fr'), '05:27 • 3h 30m de retard')
  assert.equal(offsetSeconds('Asia/Kathmandu', atMs), 20_700)
  assert.equal(offsetSeconds('UTC', atMs), 0)
})
