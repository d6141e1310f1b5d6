import { type Given, loadConfig } from '../config/load.ts'
import { hasDatabaseFile } from '../db/data-folder.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { type App, createApp } from './app.ts'

/** The app beside a server that may run on the same data. Throws Fault `not-found` when there is no data yet. */
export async function openForCommand(given: Given, log: Log): Promise<App> {
  const { config, secrets } = loadConfig(given)
  if (secrets.databaseUrl === undefined && !hasDatabaseFile(config.dataFolder)) {
    throw new Fault(
      'not-found',
      `CLOUDLET_DATA: there is no data of Cloudlet in ${config.dataFolder} yet. Start the server once, or name the right folder`,
    )
  }
  return createApp({ config, secrets, clock: systemClock, log, isServing: false })
}
