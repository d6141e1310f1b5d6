import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ADMIN } from './processes.ts'

const run = promisify(execFile)

export function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
}

/** A new app password of the administrator. */
export async function appPassword(dataFolder: string): Promise<string> {
  const args = ['bin/cloudlet.js', 'user:auth-tokens:add', ADMIN.name, '--data', dataFolder, '--output=json']
  const { app_password } = JSON.parse((await run(process.execPath, args)).stdout) as { app_password: string }
  return app_password
}
