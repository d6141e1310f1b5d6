import type { Database } from '../../db/database.ts'
import * as maintenance from './maintenance-store.ts'

/** What the database knows of where its content is. */
export interface ContentHome {
  /** Made with the database and never changed. */
  instanceId(): Promise<string>
  /** As `settle` or `move` has written it; undefined when no content was ever kept. */
  place(): Promise<string | undefined>
  /** Writes the place down when there is none. Resolves to the one that holds. */
  settle(place: string): Promise<string>
  move(place: string): Promise<void>
}

const PLACE = 'content_place'

export function createContentHome(db: Database): ContentHome {
  return {
    instanceId: async () => (await maintenance.findSetting(db.read, 'instance_id')) ?? '',
    place: () => maintenance.findSetting(db.read, PLACE),
    settle: (place) =>
      db.write(async (tx) => {
        await maintenance.addSetting(tx, PLACE, place)
        return (await maintenance.findSetting(tx, PLACE)) ?? place
      }),
    move: (place) => db.write((tx) => maintenance.saveSetting(tx, PLACE, place)),
  }
}
