import { EXIT_CODE } from '../src/cli/exit-code.ts'
import { helpForCommand } from '../src/cli/help.ts'
import type { Setting } from '../src/config/setting.ts'
import { SETTINGS } from '../src/config/settings.ts'
import { HTTP_STATUS } from '../src/http/fault-status.ts'
import { createMetrics } from '../src/http/metrics.ts'
import { FAULT_KINDS, type FaultKind } from '../src/lib/fault.ts'
import { listAddresses } from '../src/main/addresses.ts'
import { listedCommands, listedFeatures, SERVE } from '../src/main/cli.ts'
import { httpStatusOf, OCS_CODE } from '../src/ocs/status.ts'

/** Pages of `docs/reference` that are made from the program itself, by file name. */
export async function referencePages(): Promise<Map<string, string>> {
  return new Map([
    ['settings.md', settingsPage()],
    ['commands.md', commandsPage()],
    ['routes.md', routesPage()],
    ['errors.md', errorsPage()],
    ['metrics.md', await metricsPage()],
  ])
}

const MADE = '<!-- Made by `npm run docs`. Change the program, not this page. -->'

function page(title: string, ...parts: readonly string[]): string {
  return `${[`# ${title}`, MADE, ...parts].join('\n\n')}\n`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function settingsPage(): string {
  const rows = Object.values<Setting<unknown>>(SETTINGS).map((setting) => [
    `\`${setting.variable}\`${setting.flag === undefined ? '' : ` or \`--${setting.flag}\``}`,
    setting.fallback === undefined ? 'none' : setting.fallback === '' ? 'empty' : `\`${setting.fallback}\``,
    `${setting.summary}${setting.secret ? ' A secret: never shown, never logged.' : ''}`,
    `\`${setting.example}\``,
  ])
  return page(
    'Settings',
    'Settings are environment variables. Every one also exists with `_FILE` behind its name: then it names a file that holds the value, as secrets of containers do. A variable that begins with `CLOUDLET_` and is none of these has no effect: the start says so, with the nearest name that there is.',
    '`npm run cloudlet -- config:show` prints what is in force and where it comes from.',
    table(['setting', 'without it', 'meaning', 'example'], rows),
  )
}

function commandsPage(): string {
  const commands = [SERVE, ...listedCommands({})].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return page(
    'Commands',
    'Run them as `npm run --silent cloudlet -- COMMAND`, or `node bin/cloudlet.js COMMAND`. They work beside a running server, which notices every change at once. `--output=json` and `--output=json_pretty` are for scripts. Exit codes: 0 done, 1 refused or failed, 2 wrong usage or setting.',
    ...commands.map((command) => `## ${command.name}\n\n\`\`\`text\n${helpForCommand(command).trimEnd()}\n\`\`\``),
  )
}

const LIMITED: Readonly<Record<ReturnType<typeof listAddresses>[number]['reach'], string>> = {
  self: 'every',
  read: 'reads',
  file: 'in its folder',
  files: 'in its folder, reading alone',
  all: '',
}

function routesPage(): string {
  const rows = listAddresses(listedFeatures()).map(({ methods, path, access, reach, feature, summary }) => [
    `${methods.join(', ')} \`${path}\``,
    access,
    LIMITED[reach],
    feature,
    summary,
  ])
  return page(
    'Addresses',
    'Every address that the server answers. Those outside the protocols are also answered below `/index.php`. The OCS API is described in full by `/ocs/docs` and `/ocs/openapi.json` of a running server.',
    'The column “with limits” says which app passwords with limits may come: `every` one; `reads` for those that open more than a single folder; `in its folder` where what it names is looked at; none where it is empty.',
    table(['address', 'who', 'with limits', 'feature', 'what'], rows),
  )
}

/** What each kind of error means. */
const MEANINGS: Readonly<Record<FaultKind, string>> = {
  'bad-request': 'The request cannot be understood, or a value in it is not allowed',
  unauthenticated: 'Nobody is signed in, or the credential is wrong. Clients forget the credential',
  forbidden: 'The one who asks may not do this',
  'not-found': 'There is nothing by this name, or nothing that the one who asks may know of',
  conflict: 'The state of things does not allow it now',
  exists: 'There is something by this name already',
  precondition: 'A condition of the request does not hold, or the proof against forged requests is missing',
  locked: 'Somebody holds a lock on it',
  'too-large': 'The request is larger than allowed',
  'no-space': 'No space is left, in the quota or on the disk',
  unsupported: 'The body is of a media type that is not read here',
  'too-many': 'Too many attempts; the answer says when to try again',
  unavailable: 'The server cannot do it right now, such as when the database is gone; trying again later helps',
  internal: 'A mistake of the server. The answer carries the request id, the log the cause',
}

function errorsPage(): string {
  const rows = FAULT_KINDS.map((kind) => [
    `\`${kind}\``,
    MEANINGS[kind],
    String(HTTP_STATUS[kind]),
    String(OCS_CODE[kind]),
    `${httpStatusOf('v1', OCS_CODE[kind], false)} / ${httpStatusOf('v2', OCS_CODE[kind], false)}`,
    String(EXIT_CODE[kind]),
  ])
  return page(
    'Errors',
    'Everything that can go wrong is of one of these kinds. Each protocol says it in its own words. An OCS endpoint may have codes of its own; these hold where it has none. The OCS API says why in the language of the account, else in one that the request accepts (`Accept-Language`), else in English; there are English, German and French. Always in English are messages that clients compare (such as `Current user is not logged in`), those about requests that no client sends (a parameter that is missing, broken JSON) or about settings of the server, and all of WebDAV and the command line.',
    table(['kind', 'meaning', 'HTTP', 'OCS statuscode', 'OCS HTTP status v1 / v2', 'exit code'], rows),
  )
}

async function metricsPage(): Promise<string> {
  const metrics = createMetrics('0.0.0')
  listedFeatures(metrics)
  const { text } = await metrics.write()
  const rows = [...text.matchAll(/^# HELP (cloudlet_\S+) (.*)\n# TYPE \S+ (\w+)$/gm)]
    .map(([, name = '', help = '', type = '']) => [`\`${name}\``, type, help.replace(/\.$/, '')])
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return page(
    'Metrics',
    'What `/metrics` shows, in the text form of Prometheus. It is open to this machine alone, or to whoever sends the token of `CLOUDLET_METRICS_TOKEN` as a bearer token.',
    table(['name', 'type', 'meaning'], rows),
  )
}
