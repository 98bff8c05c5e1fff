/** On all that kubelab itself makes for a lab, and on what goes with it. */
export const labLabel = 'kubelab.io/lab';
