import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createPostgresDatabase, stopSharedPostgres } from '../helpers/postgres.ts'
import { type ProgramEnv, type Running, runProgram, startProgram } from '../helpers/program.ts'
import { basic } from '../helpers/test-app.ts'

const folder = mkdtempSync(join(tmpdir(), 'cloudlet-start-'))
let count = 0
const newFolder = (): string => {
  count += 1
  return join(folder, `data-${count}`)
}
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await stopSharedPostgres()
})

const ADMIN = { CLOUDLET_ADMIN_PASSWORD: 'start-password' }

async function started(data: string, env: ProgramEnv = ADMIN): Promise<{ server: Running; url: string }> {
  const server = startProgram(['serve', '--port', '0', '--data', data], env)
  const [, url = ''] = await server.says(/Address\s+(http\S+)/)
  return { server, url }
}

async function stopped(server: Running): Promise<void> {
  server.kill('SIGTERM')
  assert.equal((await server.ended).code, 0)
}

test('the first start makes the administrator and prints a made-up password once', async () => {
  const data = newFolder()
  const { server, url } = await started(data, {})
  const password = /Password\s+(\S+)/.exec(server.written().err)?.[1] ?? ''
  assert.match(password, /^\w{20}$/)
  const headers = { 'ocs-apirequest': 'true', authorization: basic('admin', password) }
  const answer = await fetch(`${url}/ocs/v2.php/cloud/user?format=json`, { headers })
  assert.equal(answer.status, 200)
  assert.ok(!server.written().out.includes(password), 'the log does not have it')
  await stopped(server)
  const again = await started(data, {})
  assert.doesNotMatch(again.server.written().err, /Password/)
  await stopped(again.server)
})

test('what it writes is for its own user, and the first screen says how commands are called', async () => {
  const data = newFolder()
  const byNpm = startProgram(['serve', '--port', '0', '--data', data], { ...ADMIN, npm_lifecycle_event: 'start' })
  await byNpm.says(/More accounts: npm run cloudlet -- user:add NAME/)
  for (const name of ['', ...readdirSync(data)]) {
    assert.equal(statSync(join(data, name)).mode & 0o077, 0, `others can read ${name}`)
  }
  await stopped(byNpm)
})

test('a second server on the same folder is refused while the first goes on', async () => {
  const data = newFolder()
  const { server, url } = await started(data)
  const second = await runProgram(['serve', '--port', '0', '--data', data], ADMIN)
  assert.equal(second.code, 1)
  assert.match(second.err, /^Error: CLOUDLET_DATA: another Cloudlet server is running/)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  await stopped(server)
})

test('what is wrong is said in one line that names the setting, and nothing is made', async () => {
  const busy = createServer()
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  const port = String((busy.address() as { port: number }).port)
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  const cases: [string[], ProgramEnv, RegExp][] = [
    [['--port', port], {}, /CLOUDLET_PORT: port \d+ is in use/],
    [['--port', 'many'], {}, /--port must be/],
    [['--host', '203.0.113.7', '--port', '0'], {}, /CLOUDLET_HOST: 203\.0\.113\.7 is no address of this machine/],
    [['--port', '0'], { CLOUDLET_PUBLIC_URL: 'cloud' }, /CLOUDLET_PUBLIC_URL must be/],
    [['--port', '0'], { CLOUDLET_LOG_LEVEL: 'loud' }, /CLOUDLET_LOG_LEVEL must be/],
    [
      ['--port', '0'],
      { CLOUDLET_DATABASE_URL: 'postgres://u:hidden-word@127.0.0.1:1/x' },
      /CLOUDLET_DATABASE_URL: PostgreSQL database x on 127\.0\.0\.1:1 cannot be reached/,
    ],
    [['--port', '0'], { CLOUDLET_ADMIN_PASSWORD: 'short' }, /CLOUDLET_ADMIN_PASSWORD: The password needs/],
    [['--port', '0'], { CLOUDLET_ADMIN_USER: 'a/b' }, /CLOUDLET_ADMIN_USER: Only the following characters/],
  ]
  for (const [args, env, message] of cases) {
    const data = newFolder()
    const { code, err, out } = await runProgram(['serve', '--data', data, ...args], env)
    assert.notEqual(code, 0)
    assert.match(err, message)
    assert.equal(err.trim().split('\n').length, 1, err)
    assert.ok(!`${err}${out}`.includes('hidden-word'))
    assert.ok(!existsSync(data), `${message} left ${data} behind`)
  }
  // Below /proc no folder can be made, and the system's reason misleads a maker of many folders at once.
  for (const place of [file, join(file, 'data'), ...(existsSync('/proc/self') ? ['/proc/cloudlet/data'] : [])]) {
    const unwritable = await runProgram(['serve', '--port', '0', '--data', place])
    assert.match(unwritable.err, /^Error: CLOUDLET_DATA: the folder .* cannot be written \(E\w+\)\n$/)
  }
  const damaged = newFolder()
  mkdirSync(damaged)
  writeFileSync(
    join(damaged, 'cloudlet.db'),
    'no database at all, but text, and more of it than fits into a header of one hundred bytes',
  )
  const refused = await runProgram(['serve', '--port', '0', '--data', damaged])
  assert.match(refused.err, /^Error: CLOUDLET_DATA: the database .* cannot be opened: file is not a database\n$/)
  await new Promise((resolve) => busy.close(resolve))
})

test('a folder without the content of its database is refused until it is adopted', async () => {
  const data = newFolder()
  await stopped((await started(data)).server)
  rmSync(join(data, 'blobs'), { recursive: true })
  const refused = await runProgram(['serve', '--port', '0', '--data', data], ADMIN)
  assert.equal(refused.code, 1)
  assert.match(refused.err, /^Error: CLOUDLET_DATA: the folder .* does not have the content .* Is its disk mounted\?/)
  const cleanup = await runProgram(['files:cleanup', '--data', data])
  assert.match(cleanup.err, /CLOUDLET_DATA: the folder/, 'commands do not touch it either')
  assert.equal((await runProgram(['user:list', '--data', data])).code, 0, 'others have nothing to do with it')
  assert.equal((await runProgram(['data:adopt', '--data', data])).code, 0)
  await stopped((await started(data)).server)
})

test('a folder with the content of another database is refused, and no database is made in it', async () => {
  const data = newFolder()
  await stopped((await started(data)).server)
  for (const file of readdirSync(data)) if (file.startsWith('cloudlet.db')) unlinkSync(join(data, file))
  const refused = await runProgram(['serve', '--port', '0', '--data', data], ADMIN)
  assert.match(refused.err, /^Error: CLOUDLET_DATA: the folder .* has the content of another database/)
  assert.ok(!existsSync(join(data, 'cloudlet.db')))
})

test('on PostgreSQL an empty folder beside a database in use is refused', async () => {
  const { url, drop } = await createPostgresDatabase()
  const env = { ...ADMIN, CLOUDLET_DATABASE_URL: url }
  const data = newFolder()
  await stopped((await started(data, env)).server)
  const refused = await runProgram(['serve', '--port', '0', '--data', newFolder()], env)
  assert.match(refused.err, /^Error: CLOUDLET_DATA: the folder .* does not have the content .* Is its disk mounted\?/)
  await stopped((await started(data, env)).server)
  await drop()
})

test('a request that has begun is answered before the server ends', async () => {
  const { server, url } = await started(newFolder())
  const headers = { 'ocs-apirequest': 'true', authorization: basic('admin', ADMIN.CLOUDLET_ADMIN_PASSWORD) }
  // A login password takes a while to check, so the signal comes in between.
  const answer = fetch(`${url}/ocs/v2.php/cloud/user`, { headers })
  await new Promise((resolve) => setTimeout(resolve, 20))
  server.kill('SIGTERM')
  assert.equal((await answer).status, 200)
  assert.equal((await server.ended).code, 0)
})

test('what a command changes is seen by the running server at once', async () => {
  const data = newFolder()
  const { server, url } = await started(data)
  const run = (...args: string[]) =>
    runProgram([...args, '--data', data, '--output=json'], { OC_PASS: 'alice-password' })
  assert.equal((await run('user:add', 'alice', '--password-from-env', '--group', 'staff')).code, 0)
  const { app_password: secret } = JSON.parse((await run('user:auth-tokens:add', 'alice')).out)
  const status = async (): Promise<number> => {
    const headers = { 'ocs-apirequest': 'true', authorization: basic('alice', secret) }
    return (await fetch(`${url}/ocs/v2.php/cloud/user`, { headers })).status
  }
  assert.equal(await status(), 200)
  assert.equal((await run('user:disable', 'alice')).code, 0)
  assert.equal(await status(), 401)
  assert.equal((await run('user:enable', 'alice')).code, 0)
  assert.equal(await status(), 200)
  assert.equal((await run('user:delete', 'alice')).code, 0)
  assert.equal(await status(), 401)
  assert.equal((await run('user:info', 'alice')).code, 1)
  await stopped(server)
})

/** A link to a new file that opens it without credentials. */
async function directLink(url: string, headers: Record<string, string>): Promise<string> {
  const put = await fetch(`${url}/remote.php/dav/files/admin/linked.txt`, { method: 'PUT', headers, body: 'content' })
  const fileId = String(Number.parseInt(put.headers.get('oc-fileid') ?? '', 10))
  const body = new URLSearchParams({ fileId })
  const made = await fetch(`${url}/ocs/v2.php/apps/dav/api/v1/direct?format=json`, { method: 'POST', headers, body })
  return ((await made.json()) as { ocs: { data: { url: string } } }).ocs.data.url
}

test('no password or token of a whole run is in the log, at any level', async () => {
  const data = newFolder()
  const { server, url } = await started(data, {
    ...ADMIN,
    CLOUDLET_LOG_LEVEL: 'debug',
    CLOUDLET_METRICS_TOKEN: 'canary-metrics-token',
  })
  const ocs = { 'ocs-apirequest': 'true' }
  const as = (secret: string) => ({ ...ocs, authorization: basic('admin', secret) })
  const made = await fetch(`${url}/ocs/v2.php/core/getapppassword?format=json`, {
    headers: as(ADMIN.CLOUDLET_ADMIN_PASSWORD),
  })
  const { apppassword } = ((await made.json()) as { ocs: { data: { apppassword: string } } }).ocs.data
  await fetch(`${url}/ocs/v2.php/cloud/user?token=canary-in-query`, { headers: as(apppassword) })
  await fetch(`${url}/ocs/v2.php/cloud/user`, { headers: as('canary-wrong-password') })
  await fetch(`${url}/ocs/v2.php/cloud/user`, { headers: { ...ocs, authorization: 'Bearer canary-bearer' } })
  await fetch(`${url}/login`, { method: 'POST', body: new URLSearchParams({ user: 'admin', password: 'canary-form' }) })
  await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer canary-metrics-token' } })
  const link = await directLink(url, as(apppassword))
  assert.equal(await (await fetch(link)).text(), 'content')
  await stopped(server)
  const { out, err } = server.written()
  assert.match(out, /"msg":"request"/)
  const audit = readdirSync(data).includes('audit.log')
  assert.ok(audit)
  const token = link.slice(link.lastIndexOf('/') + 1)
  for (const secret of [ADMIN.CLOUDLET_ADMIN_PASSWORD, apppassword, token, 'canary-']) {
    assert.ok(!`${out}${err}`.includes(secret), `the log has ${secret}`)
  }
})
