import type { Migration, Tx } from '../../src/db/database.ts'

declare module '../../src/db/database.ts' {
  interface Tables {
    note: { id: number; text: string; parent_id: number | null }
  }
}

/** A table for tests of the database itself. */
export const notes: Migration = {
  name: '20260101-notes',
  async up(tx) {
    await tx.schema
      .createTable('note')
      .addColumn('id', 'bigint', (column) => column.primaryKey())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('parent_id', 'bigint', (column) => column.references('note.id'))
      .execute()
  },
}

export const addNote = async (tx: Tx, id: number, parentId: number | null = null): Promise<void> => {
  await tx
    .insertInto('note')
    .values({ id, text: `note ${id} ☁`, parent_id: parentId })
    .execute()
}
