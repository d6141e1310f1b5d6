import { StatementSync } from 'node:sqlite'
import pg from 'pg'

/**
 * Runs `work` and resolves to the statements that were sent to a database meanwhile, by this process, whichever
 * database it was. Looks at stamps are not counted: on SQLite a stamp is read again after each commit of anybody. Nor is what
 * begins and ends the reads of a turn there.
 */
export async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = []
  const restore = [watchSqlite(sent), watchPostgres(sent)]
  try {
    await work()
  } finally {
    for (const undo of restore) undo()
  }
  return sent.filter((sql) => !/^pragma data_version|^select stamp from change_stamp|^(?:begin|commit)$/.test(sql))
}

// biome-ignore lint/suspicious/noExplicitAny: methods of other people's classes are put back as they were
type Methods = Record<string, (...args: any[]) => unknown>

function watchSqlite(sent: string[]): () => void {
  const methods = StatementSync.prototype as unknown as Methods
  const undo = (['all', 'get', 'run', 'iterate'] as const).map((name) =>
    replace(methods, name, function (this: StatementSync) {
      sent.push(this.sourceSQL)
    }),
  )
  return () => {
    for (const one of undo) one()
  }
}

function watchPostgres(sent: string[]): () => void {
  return replace(pg.Client.prototype as unknown as Methods, 'query', (query: string | { readonly text: string }) => {
    sent.push(typeof query === 'string' ? query : query.text)
  })
}

/** Calls `before` with the same arguments, then the method itself. */
function replace(methods: Methods, name: string, before: (...args: never[]) => void): () => void {
  const own = methods[name]
  if (own === undefined) throw new Error(`There is no method ${name}`)
  methods[name] = function (this: unknown, ...args: unknown[]) {
    Reflect.apply(before, this, args)
    return Reflect.apply(own, this, args)
  }
  return () => {
    methods[name] = own
  }
}
