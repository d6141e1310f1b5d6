import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runProgram, startProgram } from '../helpers/program.ts'
import { basic } from '../helpers/test-app.ts'

const folder = mkdtempSync(join(tmpdir(), 'cloudlet-compiled-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Says at its end which parts of Node it has loaded. */
const TELL = `process.on('exit',()=>process.stderr.write(process.moduleLoadList.join()))`
const run = (place: string) =>
  runProgram(['--version'], {
    TMPDIR: place,
    NODE_COMPILE_CACHE: '',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL)}`,
  })

test('a later start loads no compiler: it reads what an earlier one has compiled', async () => {
  assert.match((await run(folder)).err, /amaro/, 'the name of the TypeScript stripper is another now')
  const later = await run(folder)
  assert.equal(later.code, 0)
  assert.doesNotMatch(later.err, /amaro/)
  const [cache = ''] = readdirSync(folder)
  assert.equal(statSync(join(folder, cache)).mode & 0o077, 0)
})

/** Needed by some servers or some requests alone: each is loaded when it is used for the first time. */
const NOT_AT_START = ['ajv', 'pg', 'prom-client', 'sharp', 'ws', 'typebox']

test('a start loads no package that only some servers or requests need', async () => {
  const tell = `import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({ load(url, context, next) { loaded.add(/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]); return next(url, context) } })
process.on('exit', () => process.stderr.write('LOADED ' + [...loaded].join(' ') + ' .'))`
  const server = startProgram(['serve', '--port', '0', '--data', join(folder, 'data')], {
    CLOUDLET_ADMIN_PASSWORD: 'start-password',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}`,
  })
  const [, url = ''] = await server.says(/Address\s+(http\S+)/)
  const headers = { 'ocs-apirequest': 'true', authorization: basic('admin', 'start-password') }
  assert.equal((await fetch(`${url}/ocs/v2.php/cloud/user`, { headers })).status, 200)
  server.kill('SIGTERM')
  const [, packages = ''] = /LOADED (.*) \./.exec((await server.ended).err) ?? []
  const loaded = packages.split(' ')
  assert.ok(loaded.includes('fastify'), packages)
  assert.deepEqual(
    NOT_AT_START.filter((name) => loaded.includes(name)),
    [],
  )
})

test('compiled code is not read from a place that is not ours alone (bug class: temporary files of others)', async () => {
  const place = mkdtempSync(join(folder, 'other-'))
  const elsewhere = mkdtempSync(join(folder, 'elsewhere-'))
  symlinkSync(elsewhere, join(place, `cloudlet-compiled-${process.getuid?.() ?? 'user'}`))
  assert.equal((await run(place)).code, 0)
  assert.deepEqual(readdirSync(elsewhere), [])
})
