import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { createTestApp, OCS, type TestAnswer, type TestApp } from '../helpers/test-app.ts'

type As = readonly [string, string]

/** A way to learn that an account exists. */
interface Surface {
  readonly what: string
  /** Answers as they are told to the viewer; accounts that are hidden must look like those that do not exist. */
  ask(app: TestApp, as: As | undefined, userId: string): Promise<TestAnswer>
  /** Whether people who are not signed in may ask at all. */
  readonly isPublic?: true
  /** What is shown when there is nothing to hide. */
  readonly shown: RegExp
}

const ocs = (path: (userId: string) => string, method = 'GET', body?: (userId: string) => object) => ({
  ask: (app: TestApp, as: As | undefined, userId: string) =>
    app.request({
      method,
      url: `/ocs/v2.php${path(userId)}${path(userId).includes('?') ? '&' : '?'}format=json`,
      headers: { ...OCS, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body(userId)) }),
      ...(as === undefined ? {} : { as }),
    }),
})

const page = (url: (userId: string) => string, method = 'GET') => ({
  ask: (app: TestApp, as: As | undefined, userId: string) =>
    app.request({ method, url: url(userId), ...(as === undefined ? {} : { as }) }),
})

/** Everything that shows an account to others by its id. */
const BY_ID: readonly Surface[] = [
  { what: 'hovercard', shown: /displayName/, ...ocs((id) => `/hovercard/v1/${id}`) },
  { what: 'profile', shown: /biography/, ...ocs((id) => `/profile/${id}`) },
  { what: 'status', shown: /"status":"away"/, ...ocs((id) => `/apps/user_status/api/v1/statuses/${id}`) },
  { what: 'profile page', isPublic: true, shown: /class="profile"/, ...page((id) => `/u/${id}`) },
  { what: 'avatar', isPublic: true, shown: /PNG/, ...page((id) => `/avatar/${id}/64`) },
  { what: 'dark avatar', isPublic: true, shown: /PNG/, ...page((id) => `/avatar/${id}/512/dark`) },
  { what: 'avatar over WebDAV', shown: /PNG/, ...page((id) => `/remote.php/dav/avatars/${id}/96.png`) },
  { what: 'avatars over WebDAV', shown: /96\.png/, ...page((id) => `/remote.php/dav/avatars/${id}`, 'PROPFIND') },
]

/** Where nobody but administrators learns anything of others, whatever is set. */
const NEVER: readonly Omit<Surface, 'shown'>[] = [
  { what: 'principal', ...page((id) => `/remote.php/dav/principals/users/${id}`, 'PROPFIND') },
  { what: 'files', ...page((id) => `/remote.php/dav/files/${id}`, 'PROPFIND') },
  { what: 'uploads', ...page((id) => `/remote.php/dav/uploads/${id}`, 'PROPFIND') },
  { what: 'groups', ...ocs((id) => `/cloud/users/${id}/groups`) },
  { what: 'fields', ...ocs((id) => `/cloud/user/fields/${id}`) },
]

/** People of an address book. */
const PHONES: Readonly<Record<string, string>> = {
  'reader-person': '+4971112345601',
  'near-person': '+4971112345602',
  'far-person': '+4971112345603',
}

/** Lists and searches: what of all accounts they show. */
const LISTS: readonly { readonly what: string; list(app: TestApp, as: As): Promise<string[]> }[] = [
  {
    what: 'autocomplete',
    list: async (app, as) => {
      const answer = await ocs(() => '/core/autocomplete/get?search=person&limit=100').ask(app, as, '')
      return answer.json().ocs.data.map(({ id }: { id: string }) => id)
    },
  },
  {
    what: 'phone numbers',
    list: async (app, as) => {
      const search = Object.fromEntries(Object.entries(PHONES).map(([userId, phone]) => [userId, [phone]]))
      const body = () => ({ location: 'DE', search })
      const answer = await ocs(() => '/cloud/users/search/by-phone', 'POST', body).ask(app, as, '')
      return Object.keys(answer.json().ocs.data).filter((userId) => userId !== as[0])
    },
  },
  {
    what: 'statuses',
    list: async (app, as) => {
      const answer = await ocs(() => '/apps/user_status/api/v1/statuses').ask(app, as, '')
      return answer
        .json()
        .ocs.data.map(({ userId }: { userId: string }) => userId)
        .filter((userId: string) => userId !== as[0])
    },
  },
]

const asOf = (userId: string): As => [userId, `${userId}-password`]
const READER = asOf('reader-person')

const RULES = {
  everybody: {},
  'those of their groups': { restrict_user_enumeration_to_group: 'yes' },
  'those of their groups, and nobody else by name': {
    restrict_user_enumeration_to_group: 'yes',
    restrict_user_enumeration_full_match: 'no',
  },
  nobody: { allow_share_dialog_user_enumeration: 'no', restrict_user_enumeration_full_match: 'no' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`who finds whom on ${database} (bug class: user enumeration)`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database })
      await app.features.groups.add('staff', 'Staff', 'test')
      await app.features.groups.add('others', 'Others', 'test')
      for (const [userId, groupIds] of [
        ['reader-person', ['staff']],
        ['near-person', ['staff']],
        ['far-person', ['others']],
      ] as const) {
        const email = `${userId}@example.com`
        await app.features.accounts.add({ userId, password: asOf(userId)[1], email, groupIds }, 'test')
        const url = '/ocs/v2.php/apps/user_status/api/v1/user_status/status'
        const headers = { ...OCS, 'content-type': 'application/json' }
        await app.request({ method: 'PUT', url, headers, as: asOf(userId), body: '{"statusType":"away"}' })
        const own = `/ocs/v2.php/cloud/users/${userId}`
        const phone = JSON.stringify({ key: 'phone', value: PHONES[userId] })
        await app.request({ method: 'PUT', url: own, headers, as: asOf(userId), body: phone })
      }
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    const follow = async (rules: Readonly<Record<string, string>>): Promise<void> => {
      for (const name of [
        'allow_share_dialog_user_enumeration',
        'restrict_user_enumeration_to_group',
        'restrict_user_enumeration_full_match',
      ]) {
        const value = rules[name]
        if (value === undefined) await app.features.appConfig.remove('core', `shareapi_${name}`, 'test')
        else await app.features.appConfig.set('core', `shareapi_${name}`, value, 'test')
      }
    }
    /** Without what names the account, the request or the moment. */
    const facts = ({ status, text, headers }: TestAnswer, userId: string) => ({
      status,
      text: text.replaceAll(userId, 'USER'),
      headers: Object.fromEntries(
        Object.entries(headers)
          .filter(([name]) => !['x-request-id', 'date', 'expires', 'content-length', 'last-modified'].includes(name))
          .map(([name, value]) => [name, String(value).replaceAll(userId, 'USER')]),
      ),
    })
    const looksUnknown = async (surface: Omit<Surface, 'shown'>, as: As | undefined, userId: string) => {
      const unknown = 'no-person'.padEnd(userId.length, 'x')
      const [hidden, missing] = [await surface.ask(app, as, userId), await surface.ask(app, as, unknown)]
      assert.deepEqual(facts(hidden, userId), facts(missing, unknown), `${surface.what} of ${userId} to ${as?.[0]}`)
    }

    const walk = async (
      surface: Surface,
      seen: { readonly near: boolean; readonly far: boolean; readonly listed: readonly string[] },
      hidesFromStrangers: boolean,
    ): Promise<void> => {
      for (const [userId, isSeen] of [
        ['near-person', seen.near],
        ['far-person', seen.far],
        [READER[0], true],
      ] as const) {
        if (!isSeen) await looksUnknown(surface, READER, userId)
        else assert.match((await surface.ask(app, READER, userId)).text, surface.shown, `${surface.what} ${userId}`)
      }
      const { status } = await surface.ask(app, undefined, 'near-person')
      if (surface.isPublic !== true) assert.equal(status, 401, surface.what)
      else if (hidesFromStrangers) await looksUnknown(surface, undefined, 'near-person')
      else assert.equal(status, 200, surface.what)
    }

    for (const [rule, seen] of [
      ['everybody', { near: true, far: true, listed: ['far-person', 'near-person'] }],
      ['those of their groups', { near: true, far: true, listed: ['near-person'] }],
      ['those of their groups, and nobody else by name', { near: true, far: false, listed: ['near-person'] }],
      ['nobody', { near: false, far: false, listed: [] }],
    ] as const) {
      test(`accounts find ${rule}, on every surface alike`, async () => {
        await follow(RULES[rule])
        for (const surface of BY_ID) await walk(surface, seen, rule === 'nobody' || rule.endsWith('by name'))
        for (const { what, list } of LISTS) assert.deepEqual((await list(app, READER)).toSorted(), seen.listed, what)
        for (const surface of NEVER) await looksUnknown(surface, READER, 'near-person')
        for (const path of ['/cloud/users', '/cloud/users/details', '/cloud/groups/others/users']) {
          assert.equal((await ocs(() => path).ask(app, READER, '')).status, 403, path)
        }
      })
    }

    test('who is found by name is found by the whole name alone: id, address or display name', async () => {
      await follow(RULES['those of their groups'])
      const found = async (search: string): Promise<string[]> => {
        const answer = await ocs(() => `/core/autocomplete/get?search=${search}`).ask(app, READER, '')
        return answer.json().ocs.data.map(({ id }: { id: string }) => id)
      }
      assert.deepEqual(await found('far-perso'), [])
      assert.deepEqual(await found('FAR-person'), ['far-person'])
      assert.deepEqual(await found('far-person%40example.com'), ['far-person'])
      assert.deepEqual(await found('%25'), ['near-person'])
      await app.features.appConfig.set('core', 'shareapi_restrict_user_enumeration_full_match_email', 'no', 'test')
      assert.deepEqual(await found('far-person%40example.com'), [])
      const [person] = (await ocs(() => '/core/autocomplete/get?search=near').ask(app, READER, '')).json().ocs.data
      assert.equal(person.shareWithDisplayNameUnique, 'near-person@example.com')
      assert.deepEqual(person.status, { message: null, icon: null, clearAt: null, status: 'away' })
      await app.features.appConfig.remove('core', 'shareapi_restrict_user_enumeration_full_match_email', 'test')
    })

    test('groups are found as their members are', async () => {
      const found = async (as: As): Promise<string[]> => {
        const answer = await ocs(() => '/core/autocomplete/get?search=s&shareTypes[]=1').ask(app, as, '')
        return answer.json().ocs.data.map(({ id }: { id: string }) => id)
      }
      await follow(RULES.everybody)
      assert.deepEqual(await found(READER), ['others', 'staff'])
      await follow(RULES['those of their groups'])
      assert.deepEqual(await found(READER), ['staff'])
      await follow(RULES.nobody)
      assert.deepEqual(await found(READER), [])
    })

    test('who administers a group finds its members whatever is set, and disabled accounts are on no list', async () => {
      await follow(RULES.nobody)
      const { accounts, groups } = app.features
      const lead = await accounts.add({ userId: 'lead', password: 'lead-password' }, 'test')
      await groups.addAdmin('others', lead.row.id, 'test')
      assert.deepEqual(await LISTS[0]?.list(app, asOf('lead')), ['far-person'])
      await follow(RULES.everybody)
      await accounts.setEnabled(await accounts.get('far-person'), false, 'test')
      for (const { what, list } of LISTS) assert.deepEqual(await list(app, READER), ['near-person'], what)
      for (const surface of BY_ID) {
        // Avatars of disabled accounts stay, so that what they wrote keeps its face (recording avatar).
        if (!surface.what.includes('avatar')) await looksUnknown(surface, READER, 'far-person')
      }
    })
  })
}
