import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileName, fill } from './fill.ts'
import { ADMIN, findProgram, freePort, type Started, startCloudlet, startProgram } from './processes.ts'

export type SideName = 'Cloudlet' | 'rclone' | 'nginx'

/** One file server of a comparison. */
export interface Side extends Started {
  readonly name: SideName
  /** Path of the folder that files are put in, without a final slash. */
  readonly root: string
  readonly headers: Readonly<Record<string, string>>
  /** Puts files into a new folder of the root, past the protocol. Names are `00000.bin`, `00001.bin`, ... */
  seed(folder: string, count: number, sizeBytes: number): Promise<void>
}

const AUTHORIZATION = `Basic ${Buffer.from(`${ADMIN.name}:${ADMIN.password}`).toString('base64')}`

/** Starts servers over empty folders; ends them and removes all they kept, whatever happens. */
export async function withSides<T>(
  folder: string,
  names: readonly SideName[],
  work: (sides: readonly Side[], cloudlet: Side) => Promise<T>,
): Promise<T> {
  const sides: Side[] = []
  try {
    for (const name of names) {
      const own = join(folder, name.toLowerCase())
      mkdirSync(own)
      const side = await STARTERS[name](own)
      if (side !== undefined) sides.push(side)
    }
    const cloudlet = sides.find(({ name }) => name === 'Cloudlet')
    if (cloudlet === undefined) throw new Error('Cloudlet is always among the sides')
    return await work(sides, cloudlet)
  } finally {
    for (const side of sides) await side.stop()
    for (const name of names) rmSync(join(folder, name.toLowerCase()), { recursive: true, force: true })
  }
}

export async function startCloudletSide(folder: string): Promise<Side> {
  const started = await startCloudlet(folder)
  return {
    ...started,
    name: 'Cloudlet',
    root: `/remote.php/dav/files/${ADMIN.name}`,
    headers: { authorization: AUTHORIZATION },
    seed: (name, count, sizeBytes) => fill(folder, [name], count, sizeBytes),
  }
}

const STARTERS: Readonly<Record<SideName, (folder: string) => Promise<Side | undefined>>> = {
  Cloudlet: startCloudletSide,
  async rclone(folder) {
    const program = findProgram('rclone')
    if (program === undefined) return undefined
    const files = join(folder, 'files')
    mkdirSync(files)
    const address = `127.0.0.1:${await freePort()}`
    const rights = ['--user', ADMIN.name, '--pass', ADMIN.password, '--config', join(folder, 'none.conf')]
    const args = ['serve', 'webdav', files, '--addr', address, ...rights]
    return onDisk('rclone', files, await startProgram(program, args, `http://${address}`))
  },
  async nginx(folder) {
    const program = findProgram('nginx')
    if (program === undefined || !existsSync(DAV_EXT_MODULE)) return undefined
    const files = join(folder, 'files')
    mkdirSync(files)
    const address = `127.0.0.1:${await freePort()}`
    writeFileSync(join(folder, 'users'), `${ADMIN.name}:{PLAIN}${ADMIN.password}\n`)
    writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder, address))
    const args = ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr']
    return onDisk('nginx', files, await startProgram(program, args, `http://${address}`))
  },
}

function onDisk(name: SideName, files: string, started: Started): Side {
  return {
    ...started,
    name,
    root: '',
    headers: { authorization: AUTHORIZATION },
    async seed(folder, count, sizeBytes) {
      mkdirSync(join(files, folder))
      const bytes = Buffer.alloc(sizeBytes, 'x')
      for (let index = 0; index < count; index++) writeFileSync(join(files, folder, fileName(index)), bytes)
    },
  }
}

const DAV_EXT_MODULE = '/usr/lib/nginx/modules/ngx_http_dav_ext_module.so'

/** With Debian's dav-ext module, as many workers as cores, and nothing that would hold it back. */
function nginxConfig(folder: string, address: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, 'temporary')};`)
    .join(' ')
  return `load_module ${DAV_EXT_MODULE};
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off; worker_processes auto; pid ${join(folder, 'pid')};
events { worker_connections 256; }
http {
  access_log off; sendfile on; client_max_body_size 0; keepalive_requests 100000000; ${temporary}
  server {
    listen ${address};
    root ${join(folder, 'files')};
    auth_basic files; auth_basic_user_file ${join(folder, 'users')};
    location / { dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS; }
  }
}
`
}
