import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createPostgresDatabase, stopSharedPostgres } from '../helpers/postgres.ts'
import { type Ended, type ProgramEnv, runProgram, startProgram } from '../helpers/program.ts'
import { type S3Stub, startS3Stub } from '../helpers/s3-stub.ts'
import { basic } from '../helpers/test-app.ts'

const PASSWORD = 'start-password'
const folder = mkdtempSync(join(tmpdir(), 'cloudlet-s3-start-'))
let count = 0
const newFolder = (): string => {
  count += 1
  return join(folder, `data-${count}`)
}

describe('a server with its content on S3', () => {
  let stub: S3Stub
  let site: Server
  before(async () => {
    stub = await startS3Stub()
    site = createServer((_request, response) => response.end('<html>a page</html>'))
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  })
  after(async () => {
    await stub.stop()
    site.closeAllConnections()
    site.close()
    rmSync(folder, { recursive: true, force: true })
    await stopSharedPostgres()
  })

  /** Nothing of the machine's own AWS configuration, and nobody is asked for credentials. */
  const lonely = { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' }
  const env = (place: string): Record<string, string> => ({
    ...lonely,
    CLOUDLET_ADMIN_PASSWORD: PASSWORD,
    CLOUDLET_BLOBS: place,
    CLOUDLET_S3_ENDPOINT: stub.endpoint,
    CLOUDLET_S3_REGION: stub.region,
    CLOUDLET_S3_ACCESS_KEY_ID: stub.accessKeyId,
    CLOUDLET_S3_SECRET_ACCESS_KEY: stub.secretAccessKey,
  })
  const refusedStart = async (data: string, settings: ProgramEnv): Promise<Ended> => {
    const ended = await runProgram(['serve', '--port', '0', '--data', data], settings)
    assert.notEqual(ended.code, 0)
    assert.equal(ended.err.trim().split('\n').length, 1, ended.err)
    assert.ok(!`${ended.err}${ended.out}`.includes(stub.secretAccessKey))
    return ended
  }
  /** Starts, does something with the address of one's own files, and stops. */
  const running = async (
    data: string,
    settings: ProgramEnv,
    work: (url: string, headers: { authorization: string }) => Promise<void> = async () => {},
  ): Promise<void> => {
    const server = startProgram(['serve', '--port', '0', '--data', data], settings)
    try {
      const [, url = ''] = await server.says(/Address\s+(http\S+)/)
      await work(`${url}/remote.php/dav/files/admin`, { authorization: basic('admin', PASSWORD) })
    } finally {
      server.kill('SIGTERM')
      assert.equal((await server.ended).code, 0)
    }
  }

  test('what is wrong is said in one line that names the setting, and nothing is made', async () => {
    const closed = 'http://127.0.0.1:1'
    const page = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
    const cases: readonly (readonly [ProgramEnv, RegExp])[] = [
      [{ CLOUDLET_BLOBS: 's3://no-such-bucket' }, /^Error: CLOUDLET_BLOBS: there is no bucket no-such-bucket at http/],
      [
        { CLOUDLET_S3_ENDPOINT: closed },
        /^Error: CLOUDLET_S3_ENDPOINT: http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREF/,
      ],
      [{ CLOUDLET_S3_ENDPOINT: page }, /^Error: CLOUDLET_S3_ENDPOINT: .* does not answer like an object storage/],
      [{ CLOUDLET_S3_ACCESS_KEY_ID: 'nobody' }, /^Error: CLOUDLET_S3_ACCESS_KEY_ID: .* does not know this access key/],
      [{ CLOUDLET_S3_SECRET_ACCESS_KEY: 'opensesame' }, /^Error: CLOUDLET_S3_SECRET_ACCESS_KEY: it does not belong/],
      [
        { CLOUDLET_S3_ACCESS_KEY_ID: '', CLOUDLET_S3_SECRET_ACCESS_KEY: '' },
        /^Error: CLOUDLET_S3_ACCESS_KEY_ID: it is not set, and no access key is found/,
      ],
      [{ CLOUDLET_S3_SECRET_ACCESS_KEY: '' }, /^Error: CLOUDLET_S3_ACCESS_KEY_ID and .* must be set both/],
      [{ CLOUDLET_S3_ENDPOINT: '', CLOUDLET_S3_REGION: '' }, /^Error: CLOUDLET_S3_REGION: it is not set/],
    ]
    for (const [wrong, message] of cases) {
      const data = newFolder()
      const { err } = await refusedStart(data, { ...env('s3://cloudlet/wrong'), ...wrong })
      assert.match(err, message)
      assert.ok(!existsSync(data), `${message} left ${data} behind`)
    }
    for (const [code, message] of [
      [
        'AccessDenied',
        /^Error: CLOUDLET_BLOBS: the access key may not use the bucket cloudlet\. It must be allowed to/,
      ],
      ['AuthorizationHeaderMalformed', /^Error: CLOUDLET_S3_REGION: the bucket cloudlet is not in the region test-reg/],
    ] as const) {
      stub.trouble('GetObject', { kind: 'error', status: code === 'AccessDenied' ? 403 : 400, code })
      const { err } = await refusedStart(newFolder(), env('s3://cloudlet/wrong'))
      assert.match(err, message)
    }
    assert.deepEqual(stub.names(), [])
  })

  test('content goes to the bucket and is there after a restart; credentials may come from files or from AWS', async () => {
    const data = newFolder()
    const content = 'x'.repeat(100_000)
    await running(data, env('s3://cloudlet/one'), async (url, headers) => {
      const answer = await fetch(`${url}/a.txt`, { method: 'PUT', headers, body: content })
      assert.equal(answer.status, 201)
    })
    assert.ok(!existsSync(join(data, 'blobs')))
    assert.equal(stub.names().filter((name) => /^one\/[0-9a-f]{2}\/[0-9a-f]{32}$/.test(name)).length, 1)
    const {
      CLOUDLET_S3_ACCESS_KEY_ID: id = '',
      CLOUDLET_S3_SECRET_ACCESS_KEY: secret = '',
      ...rest
    } = env('s3://cloudlet/one')
    const [idFile, secretFile] = [join(folder, 'id'), join(folder, 'secret')]
    writeFileSync(idFile, `${id}\n`)
    writeFileSync(secretFile, `${secret}\n`)
    for (const credentials of [
      { CLOUDLET_S3_ACCESS_KEY_ID_FILE: idFile, CLOUDLET_S3_SECRET_ACCESS_KEY_FILE: secretFile },
      { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret },
    ]) {
      await running(data, { ...rest, ...credentials }, async (url, headers) => {
        assert.equal(await (await fetch(`${url}/a.txt`, { headers })).text(), content)
      })
    }
    const check = await runProgram(['files:check', '--content', '--data', data], env('s3://cloudlet/one'))
    assert.match(check.out, /1 files, 1 pieces of content, 0 problems/)
  })

  test('a database is never run over other content than its own', async () => {
    const [data, other] = [newFolder(), newFolder()]
    await running(data, env('s3://cloudlet/mine'))
    await running(other, env('s3://cloudlet/other'))
    const refusals: readonly (readonly [string, ProgramEnv, RegExp])[] = [
      [data, { ...lonely }, /CLOUDLET_BLOBS: the content of this database is in s3:\/\/cloudlet\/mine, not in disk/],
      [
        data,
        env('s3://cloudlet/other'),
        /CLOUDLET_BLOBS: the content of this database is in s3:.*mine, not in s3:.*other/,
      ],
      [
        newFolder(),
        env('s3://cloudlet/mine'),
        /CLOUDLET_BLOBS: s3:\/\/cloudlet\/mine has the content of another database/,
      ],
    ]
    for (const [folderOfOne, settings, message] of refusals) {
      const isNew = !existsSync(folderOfOne)
      assert.match((await refusedStart(folderOfOne, settings)).err, message)
      assert.equal(existsSync(folderOfOne), !isNew)
      if (isNew) continue
      const cleanup = await runProgram(['files:cleanup', '--now', '--data', folderOfOne], settings)
      assert.match(cleanup.err, message, 'commands do not touch it either')
    }
    const adopt = await runProgram(['data:adopt', '--data', data], env('s3://cloudlet/other'))
    assert.match(adopt.err, /has the content of another database/, 'adopting does not make it right')
    await running(data, env('s3://cloudlet/mine'))
  })

  test('an empty bucket in place of the right one is refused until it is adopted', async () => {
    const { url, drop } = await createPostgresDatabase()
    const settings = { ...env('s3://cloudlet/lost'), CLOUDLET_DATABASE_URL: url }
    await running(newFolder(), settings)
    const elsewhere = await startS3Stub()
    const wrong = {
      ...settings,
      CLOUDLET_S3_ENDPOINT: elsewhere.endpoint,
      CLOUDLET_S3_ACCESS_KEY_ID: elsewhere.accessKeyId,
      CLOUDLET_S3_SECRET_ACCESS_KEY: elsewhere.secretAccessKey,
    }
    const { err } = await refusedStart(newFolder(), wrong)
    assert.match(err, /CLOUDLET_BLOBS: s3:\/\/cloudlet\/lost does not have the content of this database/)
    assert.equal((await runProgram(['data:adopt', '--data', newFolder()], wrong)).code, 0)
    await running(newFolder(), wrong)
    await elsewhere.stop()
    // Any folder will do: with both elsewhere there is nothing in it to lose.
    await running(newFolder(), settings)
    await drop()
  })

  test('content can be moved from the disk to S3: names are the same in both', async () => {
    const data = newFolder()
    const content = 'm'.repeat(50_000)
    await running(data, { ...lonely, CLOUDLET_ADMIN_PASSWORD: PASSWORD }, async (url, headers) => {
      await fetch(`${url}/moved.txt`, { method: 'PUT', headers, body: content })
    })
    const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3')
    const { endpoint, region, accessKeyId, secretAccessKey } = stub
    const credentials = { accessKeyId, secretAccessKey }
    const client = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    for (const name of await Array.fromAsync(
      (await import('node:fs/promises')).glob('**', { cwd: join(data, 'blobs') }),
    )) {
      const file = join(data, 'blobs', name)
      if (!/[0-9a-f]{32}$/.test(name)) continue
      await client.send(new PutObjectCommand({ Bucket: 'cloudlet', Key: `moved/${name}`, Body: readFileSync(file) }))
    }
    client.destroy()
    const settings = env('s3://cloudlet/moved')
    assert.match((await refusedStart(data, settings)).err, /When it has been copied there, run: cloudlet data:adopt/)
    assert.equal((await runProgram(['data:adopt', '--data', data], settings)).code, 0)
    await running(data, settings, async (url, headers) => {
      assert.equal(await (await fetch(`${url}/moved.txt`, { headers })).text(), content)
    })
    const copy = newFolder()
    cpSync(data, copy, { recursive: true })
    assert.match((await refusedStart(copy, { ...lonely })).err, /is in s3:\/\/cloudlet\/moved, not in disk/)
  })

  test('an upload that a crash has cut leaves parts and no file, and files:cleanup finds them', async () => {
    const data = newFolder()
    const settings = env('s3://cloudlet/crashed')
    const server = startProgram(['serve', '--port', '0', '--data', data], settings)
    const [, url = ''] = await server.says(/Address\s+(http\S+)/)
    const headers = { authorization: basic('admin', PASSWORD) }
    const upload = request(`${url}/remote.php/dav/files/admin/large`, { method: 'PUT', headers })
    upload.on('error', () => {})
    for (let sent = 0; stub.unfinished() === 0; sent += 1) {
      assert.ok(sent < 1_000, 'no part came to the storage')
      upload.write(Buffer.alloc(500_000))
      await setTimeout(10)
    }
    server.kill('SIGKILL')
    await server.ended
    assert.equal(stub.unfinished(), 1)
    await running(data, settings, async (files) => {
      assert.equal((await fetch(`${files}/large`, { headers })).status, 404)
    })
    const young = await runProgram(['files:cleanup', '--data', data], settings)
    assert.match(young.out, / 0 unfinished uploads to the object storage/)
    const now = await runProgram(['files:cleanup', '--now', '--data', data], settings)
    assert.match(now.out, / 1 unfinished uploads to the object storage/)
    assert.equal(stub.unfinished(), 0)
  })

  test('the SDK is loaded only by a server whose content is on S3', async () => {
    const tells =
      'import m from "node:module";process.on("exit",()=>console.error("SDK:",Object.keys(m._cache).some((k)=>k.includes("aws-sdk"))))'
    const watching = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tells)}` }
    const told = async (settings: ProgramEnv): Promise<string | undefined> => {
      const server = startProgram(['serve', '--port', '0', '--data', newFolder()], { ...settings, ...watching })
      await server.says(/Address\s+(http\S+)/)
      server.kill('SIGTERM')
      return /SDK: (\w+)/.exec((await server.ended).err)?.[1]
    }
    assert.equal(await told(lonely), 'false')
    assert.equal(await told(env('s3://cloudlet/sdk')), 'true')
  })
})
