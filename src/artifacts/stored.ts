/** A file of the store. */
export interface Stored {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly bytes: number;
  readonly file: string;
}
