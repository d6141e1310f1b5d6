import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { runIn } from '../../../test/helpers/run-command.ts'
import { createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const MAIL = { CLOUDLET_SMTP_URL: 'smtp://127.0.0.1:9', CLOUDLET_PUBLIC_URL: 'https://cloud.example.org' }

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`user:import on ${database}`, () => {
    let app: TestApp
    let folder = ''
    before(async () => {
      app = await createTestApp({ database, env: MAIL })
      folder = mkdtempSync(join(tmpdir(), 'cloudlet-import-'))
    })
    after(async () => {
      rmSync(folder, { recursive: true })
      await app.close()
      await stopSharedPostgres()
    })
    const importing = async (content: string | Uint8Array, ...options: string[]) => {
      const file = join(folder, 'people.csv')
      writeFileSync(file, content)
      const { code, out } = await runIn(app, 'user:import', file, '--output=json', ...options)
      const json = out.split('\n').find((line) => line.startsWith('{"made"') || line.startsWith('{"error"')) ?? '{}'
      return { code, out, report: JSON.parse(json) }
    }
    const count = () => app.features.accounts.count()

    test('lines become accounts, with names, groups and quota', async () => {
      const text = [
        'user,password,name,email,groups,subadmin,quota,language',
        'ada,"pass,word-1","Ada ""the first"" Löwe",ada@example.com,staff|readers,readers,5 GB,de',
        '',
        'bea,password-2,,,staff,,,',
      ].join('\r\n')
      const dry = await importing(text, '--dry-run', '--make-groups')
      assert.deepEqual([dry.code, dry.report.made, await count()], [0, 2, 1])
      assert.equal(await app.features.groups.find('staff'), undefined)
      const { code, report } = await importing(text, '--make-groups')
      assert.deepEqual([code, report.made, report.failed], [0, 2, 0])
      const ada = await app.features.accounts.get('ada')
      assert.deepEqual(
        [ada.row.display_name, ada.row.email, ada.row.quota, ada.row.language, ada.groupIds, ada.administeredGroupIds],
        ['Ada "the first" Löwe', 'ada@example.com', String(5 * 1024 ** 3), 'de', ['staff', 'readers'], ['readers']],
      )
      const signedIn = await app.request({ url: '/ocs/v2.php/cloud/user', headers: OCS, as: ['ada', 'pass,word-1'] })
      assert.equal(signedIn.status, 200)
    })

    test('started again it goes on where it broke off, and changes nobody', async () => {
      const before = await app.features.accounts.get('ada')
      const text = 'user,password,name\nADA,other-password,Other\nbea,other-password,Other\ncid,password-3,Cid\n'
      const { code, report } = await importing(text)
      assert.deepEqual([code, report.made, report.existing], [0, 1, 2])
      assert.deepEqual((await app.features.accounts.get('ada')).row.display_name, before.row.display_name)
    })

    test('each wrong line is named, and makes nothing; the others are made', async () => {
      const text = [
        'user;password;email;groups;quota',
        'dora;password-4;;;',
        'bad/name;password-5;;;',
        'eve;short;;;',
        'fay;password-6;no address;;',
        'gus;password-7;;nosuch;',
        'hal;password-8;;;lots',
        'ina;;;;',
        'dora;password-9;;;',
      ].join('\n')
      const { code, report } = await importing(text)
      assert.deepEqual([code, report.made, report.failed], [1, 1, 7])
      assert.deepEqual(report.problems.map(({ line }: { line: number }) => line).toSorted(), [3, 4, 5, 6, 7, 8, 9])
      for (const userId of ['eve', 'fay', 'gus', 'hal', 'ina']) {
        await assert.rejects(app.features.accounts.get(userId), { kind: 'not-found' })
      }
      const dry = await importing(text.replace('dora;password-4', 'jo;password-4'), '--dry-run')
      assert.deepEqual([dry.code, dry.report.made, dry.report.existing, dry.report.failed], [1, 1, 1, 6])
    })

    test('who has no password is invited, if wanted', async () => {
      const { code, report } = await importing('user,email\nkim,kim@example.com\nlea,\n', '--invite')
      assert.deepEqual([code, report.made, report.failed], [1, 1, 1])
      const waiting = await app.jobs.count()
      assert.ok(waiting.some(({ kind }) => kind === 'password-links.on.account.welcome-wanted'))
      assert.equal((await app.features.accounts.get('kim')).row.password_hash, null)
    })

    test('what is no such file is refused as a whole, in words', async () => {
      for (const [content, says] of [
        ['name,password\nx,y', /no column .+user/],
        ['user,shoe size\nx,42', /Unknown column .+shoe size/],
        ['user,login\nx,y', /twice/],
        [Buffer.from('user,name\nmax,M\xfcller\n', 'latin1'), /not UTF-8/],
        ['user,name\nmax,"open', /cannot be read/],
        ['user,name\nmax,a,b', /cannot be read/],
        [`user,name\nmax,${'x'.repeat(100_000)}`, /cannot be read/],
      ] as const) {
        const before = await count()
        const { code, out } = await importing(content)
        assert.notEqual(code, 0, String(says))
        assert.match(out, says)
        assert.equal(await count(), before)
      }
      const missing = await runIn(app, 'user:import', join(folder, 'nothing.csv'))
      assert.deepEqual([missing.code, /ENOENT/.test(missing.out)], [1, true])
    })

    test('hundreds of lines, many in one new group', async () => {
      const lines = Array.from({ length: 60 }, (_each, index) => `many-${index},password-${index},crowd`)
      const { report } = await importing(`user,password,groups\n${lines.join('\n')}\n`, '--make-groups')
      assert.equal(report.made, 60)
      assert.equal((await app.features.groups.listMemberAccountIds('crowd')).length, 60)
    })
  })
}
