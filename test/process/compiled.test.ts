import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runProgram } from '../helpers/program.ts'

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

test('compiled code is not read from a place that is not ours alone (bug class: temporary files of others)', async () => {
  const place = mkdtempSync(join(folder, 'other-'))
  const elsewhere = mkdtempSync(join(folder, 'elsewhere-'))
  symlinkSync(elsewhere, join(place, `cloudlet-compiled-${process.getuid?.() ?? 'user'}`))
  assert.equal((await run(place)).code, 0)
  assert.deepEqual(readdirSync(elsewhere), [])
})
