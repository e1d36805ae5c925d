/** CRC-32 of zip, its bits reversed: the coefficient of x^0 is the highest. */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;
/** x^8: one byte more. */
const BYTE = 0x00800000;

/**
 * The CRC-32 of two runs of bytes one after the other, from that of each and the length of the second. Source: Mark Adler's description
 * of `crc32_combine`, https://stackoverflow.com/a/23126768: the first is multiplied by x^(8 length), modulo the polynomial.
 */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  return (multiply(powerOfByte(secondLength), first) ^ second) >>> 0;
}

function powerOfByte(exponent: number): number {
  let [result, square] = [ONE, BYTE];
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(square, result);
    square = multiply(square, square);
  }
  return result;
}

/** The product of two polynomials over GF(2). */
function multiply(left: number, right: number): number {
  let [product, shifted] = [0, right];
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((left & bit) !== 0) product ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}
