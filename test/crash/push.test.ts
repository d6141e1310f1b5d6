import { crashWhilePushing } from './push.ts'

crashWhilePushing()
