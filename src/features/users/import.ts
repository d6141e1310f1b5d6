import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { Fault } from '../../lib/fault.ts'
import { lookUp } from '../../lib/lookup.ts'
import type { Groups } from '../groups/index.ts'
import { checkPassword } from './account-rules.ts'
import type { Accounts, NewAccount } from './accounts.ts'

/** Columns of the file by their name in its first line; spellings that other programs use count too. */
const COLUMNS: Readonly<Record<string, keyof Row>> = {
  user: 'userId',
  userid: 'userId',
  user_id: 'userId',
  uid: 'userId',
  username: 'userId',
  login: 'userId',
  password: 'password',
  name: 'displayName',
  displayname: 'displayName',
  display_name: 'displayName',
  email: 'email',
  mail: 'email',
  groups: 'groups',
  group: 'groups',
  subadmin: 'subadmin',
  quota: 'quota',
  language: 'language',
  manager: 'manager',
}

/** Order of the table in the documentation. */
export const IMPORT_COLUMNS: readonly string[] = [
  'user',
  'password',
  'name',
  'email',
  'groups',
  'subadmin',
  'quota',
  'language',
  'manager',
]

interface Row {
  userId: string
  password: string
  displayName: string
  email: string
  /** With `|` between them. */
  groups: string
  subadmin: string
  quota: string
  language: string
  manager: string
}

export interface ImportOptions {
  /** Nothing is made; everything is checked. */
  readonly isDryRun: boolean
  /** Groups that are missing are made. */
  readonly makesGroups: boolean
  /** Accounts without a password are invited by mail. */
  readonly invites: boolean
  readonly actor: string
}

export interface ImportProblem {
  readonly line: number
  readonly userId: string
  readonly message: string
}

export interface ImportReport {
  made: number
  /** Were there already: an import that broke off is simply started again. */
  existing: number
  failed: number
  /** The first ones. */
  readonly problems: ImportProblem[]
}

export interface ImportDeps {
  readonly accounts: Pick<Accounts, 'add' | 'check' | 'exists'>
  readonly groups: Pick<Groups, 'find' | 'add'>
  /** After each line. */
  readonly onLine: (report: ImportReport) => void
  readonly onProblem: (problem: ImportProblem) => void
}

const MAX_PROBLEMS = 1_000
/** Passwords are hashed two at a time; two more lines are being looked up meanwhile. */
const AT_ONCE = 4
const MAX_LINE_BYTES = 64 * 1024

/** Makes the accounts of a CSV file, line by line, in little memory. Throws Fault `bad-request` when the file is none. */
export async function importAccounts(deps: ImportDeps, file: string, options: ImportOptions): Promise<ImportReport> {
  const report: ImportReport = { made: 0, existing: 0, failed: 0, problems: [] }
  const known = new Map<string, Promise<void>>()
  const seen = new Map<string, number>()
  const working = new Set<Promise<void>>()
  const work = async (row: Row, line: number): Promise<void> => {
    try {
      const key = row.userId.toLowerCase()
      const before = seen.get(key)
      if (before !== undefined) throw new Fault('bad-request', `The same account as in line ${before}`)
      seen.set(key, line)
      if (await deps.accounts.exists(row.userId)) report.existing += 1
      else {
        await makeAccount(deps, accountOf(row, options), options, known)
        report.made += 1
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === 'internal' || error.kind === 'unavailable') throw error
      report.failed += 1
      const problem = {
        line,
        userId: row.userId,
        message: error.message === '' ? 'The mail address is none' : error.message,
      }
      if (report.problems.length < MAX_PROBLEMS) report.problems.push(problem)
      deps.onProblem(problem)
    }
    deps.onLine(report)
  }
  for await (const { row, line } of readRows(file)) {
    const done = work(row, line).finally(() => working.delete(done))
    working.add(done)
    if (working.size >= AT_ONCE) await Promise.race(working)
  }
  await Promise.all(working)
  return report
}

type ImportedAccount = NewAccount & Required<Pick<NewAccount, 'groupIds' | 'administeredGroupIds'>>

function accountOf(row: Row, { invites }: ImportOptions): ImportedAccount {
  const { userId, password, displayName, email, quota, language, manager } = row
  if (password === '' && !(invites && email !== '')) {
    const how = invites ? 'neither a password nor a mail address for an invitation' : 'no password'
    throw new Fault('bad-request', `There is ${how}`)
  }
  return {
    userId,
    displayName,
    email,
    manager,
    groupIds: namesIn(row.groups),
    administeredGroupIds: namesIn(row.subadmin),
    isWelcomed: password === '',
    ...(password === '' ? {} : { password }),
    ...(quota === '' ? {} : { quota }),
    ...(language === '' ? {} : { language }),
  }
}

function namesIn(cell: string): string[] {
  return [...new Set(cell.split('|').map((name) => name.trim()))].filter((name) => name !== '')
}

async function makeAccount(
  { accounts, groups }: ImportDeps,
  account: ImportedAccount,
  { isDryRun, makesGroups, actor }: ImportOptions,
  known: Map<string, Promise<void>>,
): Promise<void> {
  accounts.check(account)
  if (account.password !== undefined) checkPassword(account.password)
  const ensure = async (groupId: string): Promise<void> => {
    if ((await groups.find(groupId)) !== undefined) return
    if (!makesGroups) throw new Fault('bad-request', `There is no group "${groupId}"`)
    if (!isDryRun) await groups.add(groupId, groupId, actor)
  }
  for (const groupId of [...account.groupIds, ...account.administeredGroupIds]) {
    // Several lines at work name the same new group: one makes it.
    const ensured = known.get(groupId) ?? ensure(groupId)
    known.set(groupId, ensured)
    await ensured
  }
  if (!isDryRun) await accounts.add(account, actor)
}

interface NumberedRow {
  readonly row: Row
  /** In the file, beginning with 1. */
  readonly line: number
}

const EMPTY: Row = {
  userId: '',
  password: '',
  displayName: '',
  email: '',
  groups: '',
  subadmin: '',
  quota: '',
  language: '',
  manager: '',
}

async function* readRows(file: string): AsyncGenerator<NumberedRow> {
  // Loaded with the import, not with every command.
  const { CsvError, parse } = await import('csv-parse')
  const parser = parse({
    columns: columnsOf,
    delimiter: await delimiterOf(file),
    trim: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: MAX_LINE_BYTES,
  })
  try {
    // What breaks the reading breaks the parser, and so comes out of the loop.
    pipeline(Readable.from(textOf(file)), parser, () => {})
    for await (const { record, info } of parser as AsyncIterable<{ record: Partial<Row>; info: { lines: number } }>) {
      yield { row: { ...EMPTY, ...record }, line: info.lines }
    }
  } catch (error) {
    if (error instanceof CsvError) throw new Fault('bad-request', `The file cannot be read: ${error.message}`)
    throw error
  }
}

/** Throws Fault `bad-request` where it is not UTF-8: names would be made that nobody has. */
async function* textOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const bytes of createReadStream(file)) yield decoder.decode(bytes as Uint8Array, { stream: true })
    yield decoder.decode()
  } catch (error) {
    if (error instanceof TypeError) throw new Fault('bad-request', 'The file is not UTF-8. Save it as "CSV UTF-8"')
    throw fileFault(error, file)
  }
}

const DELIMITERS = [',', ';', '\t'] as const
const HEAD_BYTES = 4_096

/** The one that stands in the first line most often: programs write commas or semicolons by country. */
async function delimiterOf(file: string): Promise<string> {
  let head = ''
  try {
    const handle = await open(file)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    await handle.close()
    head = buffer.toString('utf8', 0, bytesRead)
  } catch (error) {
    throw fileFault(error, file)
  }
  const [first = ''] = head.split('\n')
  const count = (delimiter: string): number => first.split(delimiter).length
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best))
}

function fileFault(error: unknown, file: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? error : new Fault('bad-request', `${file} cannot be read (${code})`)
}

function columnsOf(names: readonly string[]): string[] {
  const columns = names.map((name) => {
    const column = lookUp(COLUMNS, name.trim().toLowerCase().replace(/[ -]/g, '_'))
    if (column === undefined) {
      throw new Fault('bad-request', `Unknown column "${name.slice(0, 64)}". There are ${IMPORT_COLUMNS.join(', ')}`)
    }
    return column
  })
  if (!columns.includes('userId')) throw new Fault('bad-request', 'The first line names no column "user"')
  if (new Set(columns).size < columns.length) throw new Fault('bad-request', 'A column is there twice')
  return columns
}
