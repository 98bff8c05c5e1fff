/** The part of the catalogue that is about packs of labs. Exit codes are written as numbers: the catalogue imports this. */
export const packErrors = {
  'KL-PACK-UNKNOWN': {
    title: 'There is no such pack',
    why: 'It is no archive, no folder with a pack.yaml, no URL that can be read, or no pack that is installed.',
    cure: 'Name an archive that kubelab lab pack made, a folder with a pack.yaml, or a URL. kubelab lab list shows what is installed.',
    exit: 2,
  },
  'KL-PACK-INVALID': {
    title: 'The pack is not valid',
    why: 'Each line below says what is wrong with it, and where: in its archive, pack.yaml, pack.lock, or one of its labs.',
    cure: 'Correct the lines named and pack it again. If it is not yours, get the file again, or tell whoever made it.',
    exit: 2,
  },
  'KL-PACK-UNSAFE': {
    title: 'The pack holds something that no pack may hold',
    why: 'Links, devices, paths that lead elsewhere or mean the same file, or more than a pack may hold. Nothing of it was kept.',
    cure: 'Do not trust it. If it is yours, make it with kubelab lab pack, which takes only what belongs in a pack.',
    exit: 2,
  },
  'KL-PACK-DIGEST': {
    title: 'A digest of the pack is not the one that it should be',
    why: 'The pack was damaged on the way, changed after it was packed, or is another one than the digest was made of.',
    cure: 'Get it again, and the digest from whoever made it. If they still differ, do not trust the source.',
    exit: 3,
  },
  'KL-PACK-EXISTS': {
    title: 'This version of the pack is installed with another content',
    why: 'A version of a pack never changes: attempts and grades are kept under it.',
    cure: 'Give the changed pack a new version, or remove the installed one first: kubelab lab remove NAME@VERSION.',
    exit: 2,
  },
  'KL-LAB-NO-SOLUTION': {
    title: 'This build of the lab has no solutions',
    why: 'It comes from the learner build of a pack, which leaves solutions and wrong answers out.',
    cure: 'Go on with kubelab lab hint. Whoever made the pack has an instructor build with the solutions.',
    exit: 2,
  },
} as const;
