import type { Command } from '../cli/command.ts'
import type { Given } from '../config/load.ts'
import { loadConfig } from '../config/load.ts'
import { showConfig } from '../config/show.ts'
import { prepareDataFolder } from '../db/data-folder.ts'
import { silentLog } from '../lib/log.ts'
import { writeOpenApi } from '../ocs/openapi.ts'
import { listAddresses } from './addresses.ts'
import { openForCommand } from './command-app.ts'
import type { Features } from './features.ts'

/** Commands about the program itself. They need no database. */
export function programCommands(given: (options: { data?: string }) => Given, features: Features): Command[] {
  return [routesCommand(features), openApiCommand(features), configCommand(given), adoptCommand(given)]
}

function routesCommand(features: Features): Command {
  return {
    name: 'routes',
    summary: 'List every address the server answers, with the feature it belongs to',
    async run(_input, out) {
      const addresses = listAddresses(features)
      const rows = addresses.map(({ methods, path, feature, summary }) => [
        feature === 'dav' ? 'DAV' : methods.join(','),
        path,
        feature,
        summary,
      ])
      const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
      out.result(
        addresses.map((address) => ({ ...address })),
        rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')),
      )
    },
  }
}

function openApiCommand({ list }: Features): Command {
  return {
    name: 'openapi',
    summary: 'Print the OpenAPI description of the OCS API',
    async run(_input, out) {
      const description = writeOpenApi(list.flatMap((feature) => feature.ocs ?? []))
      out.result(description, [JSON.stringify(description, null, 2)])
    },
  }
}

function dataOption(options: Readonly<Record<string, unknown>>): { data?: string } {
  const data = options['data']
  return typeof data === 'string' ? { data } : {}
}

function configCommand(given: (options: { data?: string }) => Given): Command {
  return {
    name: 'config:show',
    summary: 'Show every setting, its value and where it comes from; secrets only as ***',
    async run(input, out) {
      const loaded = loadConfig(given(dataOption(input.options)))
      for (const warning of loaded.warnings) out.warn(warning)
      const settings = showConfig(loaded)
      out.result(
        settings.map((shown) => ({ ...shown })),
        settings.map(({ variable, value, source }) => `  - ${variable}: ${JSON.stringify(value)} (${source})`),
      )
    },
  }
}

function adoptCommand(given: (options: { data?: string }) => Given): Command {
  return {
    name: 'data:adopt',
    summary: 'Say that the content of files is where the settings say, when the server refuses it',
    async run(input, out) {
      const place = given(dataOption(input.options))
      prepareDataFolder(loadConfig(place).config.dataFolder)
      const app = await openForCommand(place, silentLog)
      try {
        await app.adoptBlobs()
      } finally {
        await app.close()
      }
      const { blobs, dataFolder } = loadConfig(place).config
      const content = blobs === 'disk' ? dataFolder : blobs
      out.result({ content }, [`The content in ${content} is taken as it is. To see whether it is whole: files:check`])
    },
  }
}
