import { crashWhileSweeping } from './sweep.ts'

crashWhileSweeping('sqlite')
