import { Fault } from '../../lib/fault.ts'

/** Folders by the names that people give them. */
export interface FolderNames {
  /** Id of a folder: `/Photos/Sea`. Throws Fault `not-found` or `bad-request`. */
  folderAt(accountId: number, path: string): Promise<number>
  /** undefined for what is not there any more. */
  pathOf(folderId: number): Promise<string | undefined>
}

const DAY_MS = 86_400_000

/** When something ends that is given as a day, which is then its last (UTC), or as a time. Throws Fault `bad-request`. */
export function endOf(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time) || !/^\d{4}-/.test(text)) {
    throw new Fault('bad-request', `${text.slice(0, 40)} is no date; write it as 2027-01-31`, { reason: 'no-date' })
  }
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? time + DAY_MS : time
}
