const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const billion = 1_000_000_000n;

const form = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([KMGTPE]i)|([eE][+-]?[0-9]{1,2})|([numkMGTPE]))?$/;

/**
 * The value of a quantity of Kubernetes such as `500m`, `64Mi` or `2`, in billionths, so that any two can be compared
 * exactly. Undefined for what is none.
 */
export function parseQuantity(value: unknown): bigint | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const found = form.exec(String(value).slice(0, 64));
  if (found === null) return undefined;
  const [, sign = '', whole = '', fraction = '', binarySuffix, exponent, decimalSuffix = ''] = found;
  if (whole + fraction === '') return undefined;
  let billionths = BigInt(whole + fraction) * billion;
  let divisor = 10n ** BigInt(fraction.length);
  if (binarySuffix !== undefined) billionths *= 1024n ** BigInt(binary.indexOf(binarySuffix) + 1);
  else {
    const power = exponent === undefined ? (decimal.indexOf(decimalSuffix) - 3) * 3 : Number(exponent.slice(1));
    if (power >= 0) billionths *= 10n ** BigInt(power);
    else divisor *= 10n ** BigInt(-power);
  }
  // Kubernetes rounds what is finer than a billionth away from zero.
  const rounded = (billionths + divisor - 1n) / divisor;
  return sign === '-' ? -rounded : rounded;
}
