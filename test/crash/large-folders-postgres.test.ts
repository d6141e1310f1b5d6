import { crashWithLargeFolders } from './large-folders.ts'

crashWithLargeFolders('postgres')
