import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { createDavApp, type DavApp, FILES, LOCKINFO, propfind, proppatch, stopShared } from '../helpers/dav.ts'
import { statementsDuring } from '../helpers/statements.ts'

const SEARCH = `<d:searchrequest xmlns:d="DAV:"><d:basicsearch><d:select><d:prop><d:getetag/></d:prop></d:select>
<d:from><d:scope><d:href>/files/admin</d:href></d:scope></d:from><d:where><d:like><d:prop><d:displayname/></d:prop>
<d:literal>%</d:literal></d:like></d:where></d:basicsearch></d:searchrequest>`
const FAVORITES = `<oc:filter-files xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><d:getetag/></d:prop>
<oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>`

const FILES_EACH = 20

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`large folders on ${database}`, () => {
    let dav: DavApp
    before(async () => {
      dav = await createDavApp({ database })
    })
    after(async () => {
      await dav.close()
      await stopShared()
    })

    const propertyOf = async (path: string, name: string): Promise<string> => {
      const { text } = await dav.send('PROPFIND', path, { depth: '0' }, propfind(name))
      return new RegExp(`<${name}>([^<]*)<`).exec(text)?.[1] ?? ''
    }
    /** Copies of what is in a folder, and of the folder, until it has more than a thousand members with content. */
    const makeLarge = async (path: string, turns = 5): Promise<string> => {
      await dav.send('MKCOL', path)
      await dav.send('MKCOL', `${path}/deep`)
      for (let index = 0; index < FILES_EACH; index++) {
        assert.equal((await dav.send('PUT', `${path}/deep/small-${index}`, {}, 'small')).status, 201)
      }
      assert.equal((await dav.send('PUT', `${path}/deep/large-file`, {}, 'l'.repeat(40_000))).status, 201)
      for (let turn = 0; turn < turns; turn++) {
        await dav.send('COPY', `${path}/deep`, { destination: `${FILES}/admin${path}-copy` })
        const moved = { destination: `${FILES}/admin${path}/deep/${turn}` }
        assert.equal((await dav.send('MOVE', `${path}-copy`, moved)).status, 201)
      }
      await dav.send(
        'PROPPATCH',
        `${path}/deep/small-0`,
        {},
        proppatch('<oc:favorite>1</oc:favorite><x xmlns="urn:x">y</x>'),
      )
      assert.equal((await dav.send('LOCK', `${path}/deep/locked`, {}, LOCKINFO)).status, 201)
      const fileId = await propertyOf(`${path}/deep/large-file`, 'oc:fileid')
      const direct = '/ocs/v2.php/apps/dav/api/v1/direct?format=json'
      const headers = { 'ocs-apirequest': 'true', 'content-type': 'application/json' }
      const answer = await dav.send('POST', direct, headers, JSON.stringify({ fileId }))
      const link = new URL(answer.json().ocs.data.url).pathname
      assert.equal((await dav.send('GET', link)).status, 200)
      return link
    }
    const unlocked = async (path: string) => {
      const { text } = await dav.send('PROPFIND', `${path}/deep/locked`, { depth: '0' }, propfind('d:lockdiscovery'))
      const token = /opaquelocktoken:[\w-]+/.exec(text)?.[0]
      return { if: `(<${token}>) (Not <DAV:no-lock>)` }
    }
    const counts = async () => {
      const { rows } = await sql<Record<string, number>>`select
        (select count(*) from node) as nodes, (select count(*) from blob) as blobs, (select count(*) from tree) as trees,
        (select count(*) from node_property) as properties, (select count(*) from node_favorite) as favorites,
        (select count(*) from file_lock) as locks, (select count(*) from direct_link) as links`.execute(dav.app.db.read)
      return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]))
    }
    const assertSound = async (): Promise<void> => {
      const report = await dav.app.features.files.checking.check({ readsContent: true, repairs: false })
      assert.deepEqual(report.problems, [])
    }
    /** Nothing of it is seen, by any way that leads to files. */
    const assertGone = async (path: string, link: string): Promise<void> => {
      assert.equal((await dav.send('PROPFIND', path, { depth: '0' })).status, 404)
      assert.equal((await dav.send('GET', link)).status, 404, 'the link')
      const found = await dav.send('SEARCH', '/remote.php/dav/', {}, SEARCH)
      assert.doesNotMatch(found.text, /deep|small|locked/)
      assert.match(found.text, /folder\/inner</)
      assert.doesNotMatch((await dav.send('REPORT', '/', {}, FAVORITES)).text, /<d:response>/)
      await assertSound()
    }

    test('that are deleted are gone at once for everybody, and go bit by bit', async () => {
      const empty = await counts()
      const [size, used] = [await propertyOf('/', 'oc:size'), await propertyOf('/', 'd:quota-used-bytes')]
      const link = await makeLarge('/large')
      const full = await counts()
      assert.ok((full['nodes'] ?? 0) > 700)
      assert.equal((await dav.send('DELETE', '/large')).status, 423, 'somebody else’s lock counts')
      const etag = await propertyOf('/', 'd:getetag')
      const headers = await unlocked('/large')
      const sent = await statementsDuring(async () => {
        assert.equal((await dav.send('DELETE', '/large', headers)).status, 204)
      })
      assert.ok(!sent.some((text) => /^\s*delete from "?node\b/i.test(text)), 'no node goes before the answer')
      assert.ok(sent.length < 40, `${sent.length} statements`)
      assert.notEqual(await propertyOf('/', 'd:getetag'), etag)
      assert.deepEqual([await propertyOf('/', 'oc:size'), await propertyOf('/', 'd:quota-used-bytes')], [size, used])
      assert.equal((await counts())['locks'], 0)
      await assertGone('/large', link)
      assert.equal((await dav.send('MKCOL', '/large')).status, 201, 'the name is free')
      assert.equal((await dav.send('PUT', '/large/deep', {}, 'another')).status, 201)
      await dav.send('DELETE', '/large')
      // At the same time, as two nodes may do it.
      await Promise.all([dav.app.jobs.runDue(), dav.app.features.files.cleaning.sweep()])
      assert.deepEqual(await counts(), empty)
      await assertGone('/large', link)
      const garbage = await dav.app.db.read.selectFrom('blob_garbage').selectAll().execute()
      assert.equal(garbage.length, 1, 'content that nobody else has is let go')
    })

    test('are deleted when something is moved or copied to their place', async () => {
      const empty = await counts()
      const link = await makeLarge('/large')
      await dav.send('MKCOL', '/other')
      const headers = { ...(await unlocked('/large')), destination: `${FILES}/admin/large` }
      assert.equal((await dav.send('COPY', '/other', headers)).status, 204)
      assert.equal((await dav.send('MOVE', '/other', headers)).status, 204)
      assert.match((await dav.send('PROPFIND', '/large', { depth: '1' })).text, /^(?:(?!deep)[\s\S])*$/)
      await dav.send('DELETE', '/large')
      await assertGone('/large', link)
      await dav.app.jobs.runDue()
      assert.deepEqual(await counts(), empty)
    })

    describe('that are copied', () => {
      let before: Awaited<ReturnType<typeof counts>>
      beforeEach(async () => {
        before = await counts()
        await makeLarge('/large', 7)
      })
      afterEach(async () => {
        await dav.send('DELETE', '/large', await unlocked('/large'))
        await dav.send('DELETE', '/copy')
        await dav.app.jobs.runDue()
        assert.deepEqual(await counts(), before, 'nothing is left')
        await assertSound()
      })
      const copy = (headers = {}) => dav.send('COPY', '/large', { destination: `${FILES}/admin/copy`, ...headers })
      /** All below a folder with what must be the same in a copy. */
      const listOf = async (path: string): Promise<string[]> => {
        const names = propfind('d:getcontentlength', 'd:resourcetype', 'oc:size', 'oc:checksums')
        const { text, status } = await dav.send('PROPFIND', path, { depth: 'infinity' }, names)
        assert.equal(status, 207, text.slice(0, 300))
        const below = text
          .replaceAll(`${FILES}/admin${path}/`, '/')
          .replace(/<d:lockdiscovery>.*?<\/d:lockdiscovery>/g, '')
        return below.split('<d:response>').slice(1).toSorted()
      }

      test('appear at once and whole, with all that they have', async (t) => {
        const nodes = (await counts())['nodes'] ?? 0
        const writes = t.mock.method(dav.app.db, 'write')
        const [used, etag] = [await propertyOf('/', 'd:quota-used-bytes'), await propertyOf('/', 'd:getetag')]
        const size = await propertyOf('/large', 'oc:size')
        const copying = copy()
        let isDone = false
        copying.finally(() => {
          isDone = true
        })
        let looks = 0
        for (; !isDone; looks++) {
          const { status } = await dav.send('PROPFIND', '/copy', { depth: '0' })
          if (status === 207) break
          assert.equal(status, 404)
          assert.equal((await dav.send('PUT', '/beside', {}, 'others write')).status < 300, true)
        }
        assert.equal((await copying).status, 201)
        // How often they come in between is a matter of time; that they can is not.
        assert.ok(looks > 0, 'others had their turn')
        const steps = writes.mock.callCount() - looks
        assert.ok(steps > nodes / 600, `${steps} transactions for ${nodes} nodes`)
        await dav.send('DELETE', '/beside')
        assert.deepEqual(await listOf('/copy'), await listOf('/large'))
        assert.notEqual(await propertyOf('/', 'd:getetag'), etag)
        assert.equal(Number(await propertyOf('/', 'd:quota-used-bytes')), Number(used) + Number(size))
        const found = await dav.send('SEARCH', '/remote.php/dav/', {}, SEARCH)
        assert.match(found.text, /admin\/copy\/deep\/</)
        const dead = await dav.send(
          'PROPFIND',
          '/copy/deep/small-0',
          { depth: '0' },
          propfind('oc:favorite', 'x xmlns="urn:x"'),
        )
        assert.match(dead.text, /<oc:favorite>0</)
        assert.match(dead.text, />y<\//)
      })

      test('while they are written to are the folder of one moment', async () => {
        const copying = copy()
        let isDone = false
        copying.finally(() => {
          isDone = true
        })
        let turn = 0
        for (; !isDone; turn++) {
          // Always both or none: nobody may see the one without the other.
          assert.equal((await dav.send('MKCOL', `/large/deep/pair-${turn}`)).status, 201)
          assert.equal((await dav.send('PUT', `/large/deep/pair-${turn}/file`, {}, 'x')).status, 201)
        }
        assert.equal((await copying).status, 201)
        const { text } = await dav.send('PROPFIND', '/copy', { depth: '0' }, propfind('oc:size'))
        const sum = await sql<{ sum: number }>`
          with recursive below(id) as (select id from node where name = 'copy' and is_folder = 1
            union all select n.id from node n join below on n.parent_id = below.id)
          select sum(size_bytes) as sum from node where id in (select id from below) and is_folder = 0`.execute(
          dav.app.db.read,
        )
        assert.match(text, new RegExp(`<oc:size>${sum.rows[0]?.sum}<`))
        await assertSound()
      })

      test('and lose their source meanwhile, or may not be, leave nothing', async () => {
        const moving = copy()
        const moved = await dav.send('MOVE', '/large', {
          destination: `${FILES}/admin/moved`,
          ...(await unlocked('/large')),
        })
        assert.equal(moved.status, 201)
        assert.ok([201, 404].includes((await moving).status))
        await dav.send('MOVE', '/moved', { destination: `${FILES}/admin/large` })
        await dav.send('LOCK', '/large/deep/locked', {}, LOCKINFO)
        await dav.send('MKCOL', '/copy')
        assert.equal((await copy({ overwrite: 'F' })).status, 412)
        assert.equal((await copy({ 'if-match': '"other"' })).status, 412)
      })

      test('and taken for what a crash has left fail, and leave nothing', async () => {
        const copying = copy()
        let isDone = false
        copying.finally(() => {
          isDone = true
        })
        while (!isDone) {
          dav.app.clock.advance(3_600_000)
          await dav.app.features.files.cleaning.sweep()
          await setImmediate()
        }
        assert.ok([201, 503].includes((await copying).status))
        await dav.send('LOCK', '/large/deep/locked', {}, LOCKINFO)
      })

      test('and not finished go after a while, when a crash has left them', async () => {
        await dav.app.db.write(async (tx) => {
          await sql`insert into tree (owner_account_id, detached_from_id, grown_at_ms)
            select null, id, ${sql.lit(dav.app.clock.nowMs())} from tree where owner_account_id is not null limit 1`.execute(
            tx,
          )
          await sql`update node set parent_id = null, tree_id = (select max(id) from tree) where name = 'deep'
            and parent_id = (select id from node where name = 'large' and is_folder = 1)`.execute(tx)
          await sql`update node set size_bytes = 0 where name = 'large' and is_folder = 1`.execute(tx)
        })
        const { cleaning } = dav.app.features.files
        const there = await counts()
        await cleaning.sweep()
        assert.deepEqual(await counts(), there, 'somebody may be at it')
        dav.app.clock.advance(3_600_000)
        await cleaning.sweep()
        assert.equal((await counts())['trees'], before['trees'])
        await dav.app.db.write(async (tx) => {
          await sql`update node set size_bytes = (select sum(size_bytes) from node n where n.parent_id = node.id) where parent_id is null`.execute(
            tx,
          )
        })
        assert.equal((await dav.send('MKCOL', '/large/deep')).status, 201)
        assert.equal((await dav.send('LOCK', '/large/deep/locked', {}, LOCKINFO)).status, 201)
      })
    })

    test('that were deleted go with their account', async () => {
      const { accounts } = dav.app.features
      const bob = await accounts.get('bob')
      const empty = await counts()
      await dav.sendAsBob('MKCOL', '/large')
      await dav.sendAsBob('PUT', '/large/file', {}, 'content')
      for (let turn = 0; turn < 10; turn++) {
        await dav.sendAsBob('COPY', '/large', { destination: `${FILES}/bob/copy` })
        await dav.sendAsBob('MOVE', '/copy', { destination: `${FILES}/bob/large/${turn}` })
      }
      assert.equal((await dav.sendAsBob('DELETE', '/large')).status, 204)
      assert.equal((await counts())['trees'], (empty['trees'] ?? 0) + 1)
      await accounts.remove(bob, 'test')
      await assertSound()
      const cleaned = await dav.app.features.files.cleaning.clean({ garbageMs: 0, orphanMs: 1e9, unfinishedMs: 1e9 })
      assert.equal(cleaned.removedTrees, 1, 'of one account')
      assert.equal((await counts())['trees'], 1)
      await assertSound()
    })

    test('in many levels go with their account, which is counted once', async () => {
      const { accounts } = dav.app.features
      const { row } = await accounts.add({ userId: 'carol', password: 'carols-password' }, 'test')
      const { rootId, treeId } = await dav.app.features.files.put.roots.of(row.id)
      await dav.app.db.write(async (tx) => {
        // Folders in folders, fifty deep, each with twenty others beside it.
        await sql`insert into node (tree_id, parent_id, name, is_folder, size_bytes, mtime_ms, etag, mime, blob_id, checksums, created_s, uploaded_at_ms)
          with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 1500)
          select ${sql.lit(treeId)}, ${sql.lit(rootId)}, 'm' || n, 1, 0, 0, 'e', '', null, '', 0, 0 from numbers`.execute(
          tx,
        )
        await sql`update node set parent_id = id - 20 where tree_id = ${sql.lit(treeId)} and exists (
          select 1 from node p where p.id = node.id - 20 and p.tree_id = ${sql.lit(treeId)} and p.parent_id is not null)`.execute(
          tx,
        )
      })
      await accounts.remove(await accounts.get('carol'), 'test')
      const [first, second] = await Promise.all([
        dav.app.features.files.cleaning.clean({ garbageMs: 0, orphanMs: 1e9, unfinishedMs: 1e9 }),
        dav.app.features.files.cleaning.clean({ garbageMs: 0, orphanMs: 1e9, unfinishedMs: 1e9 }),
      ])
      assert.equal(first.removedTrees + second.removedTrees, 1, 'counted once')
      assert.equal((await counts())['trees'], 1)
    })
  })
}
