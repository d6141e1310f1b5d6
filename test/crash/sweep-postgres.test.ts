import { crashWhileSweeping } from './sweep.ts'

crashWhileSweeping('postgres')
