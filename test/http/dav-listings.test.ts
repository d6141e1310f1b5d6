import assert from 'node:assert/strict'
import { type IncomingMessage, request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import recorded from '../golden/recordings/webdav-files.json' with { type: 'json' }
import { createDavApp, type DavApp, FILES, LOCKINFO, propfind, proppatch, stopShared } from '../helpers/dav.ts'
import { statementsDuring } from '../helpers/statements.ts'
import { ADMIN_PASSWORD } from '../helpers/test-app.ts'

/** What the clients really ask for. */
function recordedBody(name: string): string {
  const found = recorded.exchanges.find((exchange) => exchange.name === name)
  return String(found?.request.body)
}

const SETS = {
  'desktop client': recordedBody('Desktop client: folder, depth 1'),
  'mobile clients': recordedBody('Mobile client: folder, depth 1'),
  'all at once': propfind(
    'd:lockdiscovery',
    'oc:favorite',
    'oc:tags',
    'nc:contained-file-count',
    'd:quota-available-bytes',
    'oc:x',
    'oc:y',
  ),
  'no set at all': '<d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>',
}

const PAGE = 1_000

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`listings on ${database}`, () => {
    let dav: DavApp
    before(async () => {
      dav = await createDavApp({ database, env: { CLOUDLET_PROPFIND_LIMIT: '200000' } })
    })
    after(async () => {
      await dav.close()
      await stopShared()
    })

    async function folderId(path: string): Promise<number> {
      const { text } = await dav.send('PROPFIND', path, { depth: '0' }, propfind('oc:fileid'))
      return Number(/<oc:fileid>(\d+)</.exec(text)?.[1])
    }

    /** A folder of so many members, written straight into the tables. */
    async function makeFolder(path: string, members: number, areFolders = false): Promise<void> {
      assert.equal((await dav.send('MKCOL', path)).status, 201)
      const id = await folderId(path)
      const isFolder = areFolders ? 1 : 0
      await dav.app.db.write(async (tx) => {
        await sql`insert into node (tree_id, parent_id, name, is_folder, size_bytes, mtime_ms, etag, mime, blob_id, checksums, created_s, uploaded_at_ms)
          with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(members)})
          select tree_id, id, 'member-' || n, ${sql.lit(isFolder)}, 0, 1700000000000, 'e' || n, 'text/plain', null, '', 0, 1700000000000
          from numbers, node where id = ${sql.lit(id)}`.execute(tx)
      })
    }

    async function statementsOf(
      method: string,
      path: string,
      headers: Record<string, string>,
      body: string,
    ): Promise<number> {
      const sent = await statementsDuring(async () => {
        const { status, text } = await dav.send(method, path, headers, body)
        assert.equal(status, 207, text.slice(0, 300))
      })
      return sent.length
    }

    describe('of a folder cost a fixed number of statements for each page of a thousand', () => {
      before(async () => {
        for (const members of [10, PAGE + 1, 5 * PAGE + 1]) await makeFolder(`/m${members}`, members)
        await dav.send(
          'PROPPATCH',
          `/m${PAGE + 1}/member-7`,
          {},
          proppatch('<oc:favorite>1</oc:favorite><oc:x>1</oc:x>'),
        )
        for (const path of ['/m10/member-3', `/m${PAGE + 1}`, `/m${5 * PAGE + 1}/member-9`, '/folder']) {
          assert.equal((await dav.send('LOCK', path, {}, LOCKINFO)).status, 200)
        }
        // Who is asking is remembered from the first request on.
        await dav.send('PROPFIND', '/', { depth: '1' }, SETS['all at once'])
      })

      for (const [name, body] of Object.entries(SETS)) {
        test(`with the properties of: ${name}`, async () => {
          const counts = []
          for (const members of [10, PAGE + 1, 5 * PAGE + 1]) {
            counts.push(await statementsOf('PROPFIND', `/m${members}`, { depth: '1' }, body))
          }
          const [one = 0, two = 0, six = 0] = counts
          const perPage = two - one
          assert.ok(perPage >= 1 && perPage <= 12, `${perPage} statements for a page`)
          assert.ok(six - one <= 5 * perPage, `${counts.join(', ')}: no more for any page`)
          assert.ok(one <= 3 + perPage, `${one} for a single page, ${perPage} for each further one`)
        })
      }

      test('a depth of 0 on the home, asked all the time, costs next to nothing', async () => {
        const desktop = recordedBody('Desktop client: root, depth 0')
        // On PostgreSQL locks are read each time: another node may have granted one.
        const most = database === 'postgres' ? 4 : 3
        assert.ok((await statementsOf('PROPFIND', '/', { depth: '0' }, desktop)) <= most)
      })

      test('of favourites, by REPORT, and of what SEARCH finds', async () => {
        const report = `<oc:filter-files xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><d:getetag/><oc:favorite/></d:prop><oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>`
        const few = await statementsOf('REPORT', '/', {}, report)
        const ids = await sql<{
          id: number
        }>`select id from node where parent_id = ${sql.lit(await folderId(`/m${5 * PAGE + 1}`))} order by id limit 400`.execute(
          dav.app.db.read,
        )
        const accountId = (await dav.app.features.accounts.get('admin')).row.id
        await dav.app.db.write(async (tx) => {
          for (const { id } of ids.rows)
            await sql`insert into node_favorite (account_id, node_id) values (${accountId}, ${id})`.execute(tx)
        })
        assert.ok((await statementsOf('REPORT', '/', {}, report)) <= few)
        const search = (limit: number): string =>
          `<d:searchrequest xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:basicsearch><d:select><d:prop><oc:fileid/><oc:favorite/></d:prop></d:select><d:from><d:scope><d:href>/files/admin</d:href><d:depth>infinity</d:depth></d:scope></d:from><d:where><d:like><d:prop><d:displayname/></d:prop><d:literal>member%</d:literal></d:like></d:where><d:limit><d:nresults>${limit}</d:nresults></d:limit></d:basicsearch></d:searchrequest>`
        const found = await statementsOf('SEARCH', '/remote.php/dav', {}, search(5))
        assert.ok((await statementsOf('SEARCH', '/remote.php/dav', {}, search(450))) <= found)
      })
    })

    test('of a whole tree share their pages: many small folders cost one statement each and no more', async () => {
      await makeFolder('/tree', 300, true)
      const statements = await statementsOf('PROPFIND', '/tree', { depth: 'infinity' }, SETS['mobile clients'])
      assert.ok(statements <= 300 + 30, `${statements} statements`)
    })

    describe('of a hundred thousand entries', () => {
      const ENTRIES = 100_000
      before(() => makeFolder('/large', ENTRIES))

      /** Asks, and resolves with an answer that nobody reads yet. */
      function ask(depth: string): Promise<IncomingMessage> {
        const { port } = new URL(dav.base)
        return new Promise((resolve, reject) => {
          const sent = request(
            {
              port,
              method: 'PROPFIND',
              path: `${FILES}/admin/large`,
              auth: `admin:${ADMIN_PASSWORD}`,
              headers: { depth },
            },
            resolve,
          )
          sent.on('error', reject)
          sent.end(propfind('d:getetag', 'oc:fileid', 'oc:favorite'))
        })
      }

      /** How many statements are sent until none is sent any more. */
      async function statementsUntilQuiet(work: () => Promise<void>): Promise<number> {
        let total = 0
        for (let next = work; ; next = async () => {}) {
          const sent = await statementsDuring(async () => {
            await next()
            await setTimeout(200)
          })
          if (sent.length === 0) return total
          total += sent.length
        }
      }

      for (const depth of ['1', 'infinity']) {
        test(`begin before the last is read, and wait for a reader who does not read (Depth: ${depth})`, async () => {
          let asked: IncomingMessage | undefined
          const begun = await statementsUntilQuiet(async () => {
            asked = await ask(depth)
          })
          const answer = asked ?? assert.fail()
          assert.equal(answer.statusCode, 207)
          assert.equal(answer.headers['content-length'], undefined)
          // Each page takes two: its rows, and which of them are favourites.
          assert.ok(begun < (ENTRIES / PAGE) * 2 * 0.6, `${begun} statements before anybody reads`)
          assert.equal((await dav.send('GET', '/file')).text, 'content', 'others go on')
          let responses = 0
          let rest = ''
          for await (const piece of answer) {
            rest += String(piece)
            responses += rest.split('<d:response>').length - 1
            rest = rest.slice(rest.lastIndexOf('<d:response>') + '<d:response>'.length).slice(-2_000)
          }
          assert.equal(responses, ENTRIES + 1)
          assert.ok(rest.endsWith('</d:multistatus>\n'))
        })
      }

      test('stop when the client goes away', async () => {
        await statementsUntilQuiet(async () => {
          const answer = await ask('1')
          answer.destroy()
        })
        const after = await statementsDuring(() => setTimeout(200))
        assert.deepEqual(after, [])
      })
    })
  })
}

test('a listing without end is refused beyond the limit (bug class: Depth: infinity as a denial of service)', async () => {
  const dav = await createDavApp({ env: { CLOUDLET_PROPFIND_LIMIT: '4' } })
  try {
    const all = await dav.send('PROPFIND', '/', { depth: 'infinity' }, propfind('d:getetag'))
    assert.equal(all.status, 207)
    await dav.send('PUT', '/one-more', {}, 'x')
    const beyond = await dav.send('PROPFIND', '/', { depth: 'infinity' }, propfind('d:getetag'))
    assert.equal(beyond.status, 403)
    assert.match(beyond.text, /<d:propfind-finite-depth\/>/)
    assert.equal((await dav.send('PROPFIND', '/', { depth: '1' }, propfind('d:getetag'))).status, 207)
  } finally {
    await dav.close()
  }
})
