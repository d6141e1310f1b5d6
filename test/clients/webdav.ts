import assert from 'node:assert/strict'
import { basic } from '../helpers/test-app.ts'
import { type ClientServer, PASSWORD, USER } from './client.ts'

/** A second look at the server, beside the client that is tested. Paths are below the home of the user. */
export interface Webdav {
  text(path: string): Promise<string>
  put(path: string, content: string): Promise<void>
  remove(path: string): Promise<void>
  fileId(path: string): Promise<string>
  etag(path: string): Promise<string>
}

export function webdavOf({ url }: ClientServer): Webdav {
  const send = async (method: string, path: string, body?: string): Promise<Response> => {
    const address = `${url}/remote.php/dav/files/${USER}/${path.split('/').map(encodeURIComponent).join('/')}`
    const headers = { authorization: basic(USER, PASSWORD), ...(method === 'PROPFIND' ? { depth: '0' } : {}) }
    const answer = await fetch(address, { method, headers, ...(body === undefined ? {} : { body }) })
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`)
    return answer
  }
  const property = async (path: string, name: string): Promise<string> => {
    const xml = await (
      await send(
        'PROPFIND',
        path,
        `<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><${name}/></d:prop></d:propfind>`,
      )
    ).text()
    const value = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
    assert.ok(value !== undefined, xml)
    return value
  }
  return {
    text: async (path) => (await send('GET', path)).text(),
    async put(path, content) {
      await send('PUT', path, content)
    },
    async remove(path) {
      await send('DELETE', path)
    },
    fileId: (path) => property(path, 'oc:fileid'),
    etag: (path) => property(path, 'd:getetag'),
  }
}
