import { parseCidr } from '../../cluster/cidr.ts';
import type { ProviderName } from '../../cluster/provider.ts';

/** Where VirtualBox reads on Linux, macOS and Solaris which addresses host-only networks may have. */
export const virtualBoxNetworks = '/etc/vbox/networks.conf';

/** What it allows without that file, from 6.1.28 on: https://www.virtualbox.org/manual/ch06.html#network_hostonly */
const standard = '192.168.56.0/21';

/**
 * The range that a provider allows for the nodes, for `within` of a SubnetRequest; undefined where it allows any.
 * @param conf the text of /etc/vbox/networks.conf, undefined where there is none. Its widest range is taken.
 */
export function allowedNodeRange(provider: ProviderName, conf: string | undefined): string | undefined {
  if (provider !== 'virtualbox') return undefined;
  if (conf === undefined) return standard;
  const ranges = conf
    .split(/\r?\n/)
    .flatMap((line) =>
      /^\s*\*/.test(line)
        ? line
            .replace(/^\s*\*/, '')
            .replace(/#.*/, '')
            .trim()
            .split(/\s+/)
        : [],
    )
    .flatMap((text) => {
      const cidr = parseCidr(text);
      return cidr === undefined ? [] : [{ text, prefix: cidr.prefix }];
    })
    .sort((one, other) => one.prefix - other.prefix);
  const [widest] = ranges;
  if (widest === undefined) return standard;
  return widest.prefix === 0 ? undefined : widest.text;
}
