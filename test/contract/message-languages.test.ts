import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../helpers/test-app.ts'

const ADMIN = ['admin', ADMIN_PASSWORD] as const
const PASSWORD = 'erin-password-1'
const ERIN = ['erin', PASSWORD] as const
const JSON_BODY = { 'content-type': 'application/json' }

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`messages of the API in the language of the reader, on ${database}`, () => {
    let app: TestApp
    const speak = async (language: string): Promise<void> => {
      await app.request({
        method: 'PUT',
        url: '/ocs/v2.php/cloud/users/erin',
        headers: { ...OCS, ...JSON_BODY },
        body: JSON.stringify({ key: 'language', value: language }),
        as: ERIN,
      })
    }
    /** erin asks for a language that there is not. */
    const refusedLanguage = async (headers: Record<string, string> = {}, query = 'format=json', version = 'v2') =>
      app.request({
        method: 'PUT',
        url: `/ocs/${version}.php/cloud/users/erin?${query}`,
        headers: { ...OCS, ...JSON_BODY, ...headers },
        body: JSON.stringify({ key: 'language', value: 'xx' }),
        as: ERIN,
      })
    const messageOf = (answer: { json(): { ocs: { meta: { message: string } } } }): string =>
      answer.json().ocs.meta.message

    before(async () => {
      app = await createTestApp({ database })
      await app.features.accounts.add({ userId: 'erin', password: PASSWORD }, 'test')
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    test('the account’s language comes first, then what its program asks for, then English', async () => {
      assert.equal(messageOf(await refusedLanguage()), 'Invalid language')
      assert.equal(messageOf(await refusedLanguage({ 'accept-language': 'ja, fr;q=0.5' })), 'Langue non valide')
      await speak('de_DE')
      assert.equal(messageOf(await refusedLanguage({ 'accept-language': 'fr' })), 'Ungültige Sprache')
      await speak('ja')
      assert.equal(messageOf(await refusedLanguage({ 'accept-language': 'de' })), 'Ungültige Sprache')
      assert.equal(messageOf(await refusedLanguage({ 'accept-language': 'ko;q=x,,;' })), 'Invalid language')
    })

    test('in both versions and both formats; the code is the same in each language', async () => {
      await speak('de')
      assert.match((await refusedLanguage({}, '')).text, /<message>Ungültige Sprache<\/message>/)
      const v1 = (await refusedLanguage({}, 'format=json', 'v1')).json().ocs.meta
      assert.deepEqual([v1.statuscode, v1.message], [101, 'Ungültige Sprache'])
    })

    test('values stand in the message, and where data has a message for each field, those are in it too', async () => {
      const patch = await app.request({
        method: 'PATCH',
        url: '/ocs/v2.php/cloud/users/erin?format=json',
        headers: { ...OCS, ...JSON_BODY, 'accept-language': 'de' },
        body: JSON.stringify({ quota: 'viel', email: 'keine', password: 'kurz', groups: ['nirgends'] }),
        as: ADMIN,
      })
      assert.equal(patch.status, 422)
      assert.deepEqual(patch.json().ocs.data, {
        errors: {
          quota: 'Das ist keine Größe für den Speicherplatz: viel',
          email: 'Ungültiger Wert für email',
          password: 'Das Passwort braucht mindestens 8 Zeichen',
          groups: 'Die Gruppe nirgends gibt es nicht',
        },
      })
    })

    test('what clients compare is English for everybody', async () => {
      await speak('de')
      const german = { ...OCS, 'accept-language': 'de' }
      const get = async (path: string, as?: readonly [string, string]) =>
        messageOf(
          await app.request({
            url: `/ocs/v2.php/${path}?format=json`,
            headers: german,
            ...(as === undefined ? {} : { as }),
          }),
        )
      assert.equal(await get('cloud/user'), 'Current user is not logged in')
      assert.equal(await get('cloud/user', ['erin', 'wrong-password-1']), 'Unauthorised')
      assert.match(await get('cloud/nothing', ERIN), /^Invalid query/)
      // While it is in German who may not do something.
      assert.equal(await get('cloud/apps', ERIN), 'Das darf nur die Verwaltung dieses Servers')
    })

    test('whoever is not known yet reads in the language of their program: the throttle', async () => {
      for (let attempt = 0; attempt < 11; attempt += 1) {
        const answer = await app.request({
          url: '/ocs/v2.php/cloud/user?format=json',
          headers: { ...OCS, 'accept-language': 'fr' },
          as: ['erin', 'wrong-password-1'],
          address: '192.0.2.7',
        })
        if (attempt < 10) continue
        assert.equal(answer.status, 429)
        assert.equal(messageOf(answer), 'Trop de tentatives manquées. Réessayez plus tard')
      }
    })

    test('WebDAV and the command line keep to English', async () => {
      await speak('de')
      const answer = await app.request({
        method: 'MKCOL',
        url: '/remote.php/dav/files/erin/nowhere/inside/',
        headers: { 'accept-language': 'de' },
        as: ERIN,
      })
      assert.match(answer.text, /<s:message>Parent node does not exist</)
      await assert.rejects(app.features.accounts.get('nobody'), { message: 'User does not exist' })
    })
  })
}
