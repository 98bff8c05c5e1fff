/**
 * A box with a plain system, for virtual machines that install all on their own: where no node image is made, as this
 * host or the system is not one that kubelab makes them for. Plain data.
 */
export type PlainBox =
  /** Made from a cloud image. `digest` begins with `sha256:` or `sha512:`, as its publisher gives it. */
  | {
      readonly kind: 'cloud';
      readonly name: string;
      readonly architecture: 'amd64' | 'arm64';
      readonly url: string;
      readonly digest: string;
    }
  /** A `.box` file that the user has. */
  | { readonly kind: 'file'; readonly path: string }
  /** A `.box` file to be fetched. */
  | { readonly kind: 'url'; readonly url: string; readonly digest: string };
