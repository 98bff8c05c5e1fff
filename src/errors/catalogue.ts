import { packErrors } from './pack-errors.ts';

/** One permanent name per failure that a person can fix. Names never change; texts may. */
export interface CatalogueEntry {
  /** A line that names the failure. */
  readonly title: string;
  /** Why it happens. */
  readonly why: string;
  /** What to do about it. */
  readonly cure: string;
  readonly exit: ExitCode;
}

/** The exit codes of the program, one per kind of ending. */
export const exitCodes = {
  done: 0,
  notPassed: 1,
  wrongUse: 2,
  hostUnfit: 3,
  clusterFailed: 4,
  deadline: 5,
  busy: 6,
  bug: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const { wrongUse, hostUnfit, clusterFailed, deadline, busy } = exitCodes;

export const catalogue = {
  'KL-USE': {
    title: 'The command was not understood',
    why: 'An unknown command or flag, or a value that the flag does not take.',
    cure: 'Run the command with --help.',
    exit: wrongUse,
  },
  'KL-SPEC-MISSING': {
    title: 'There is no kubelab.yaml here',
    why: 'kubelab looks for the spec in the folder it runs in, or where --file points.',
    cure: 'Run kubelab init to write a commented one, or name the file with --file.',
    exit: wrongUse,
  },
  'KL-SPEC-INVALID': {
    title: 'The spec is not valid',
    why: 'Each line below names a place in the file, what stands there and what was expected.',
    cure: 'Correct the lines named. An editor that reads JSON Schema shows them while typing.',
    exit: wrongUse,
  },
  'KL-SPEC-UNSUPPORTED': {
    title: 'The spec asks for something that kubelab can not do yet',
    why: 'The field is part of the format, but this version does not act on it; ignoring it would be worse.',
    cure: 'Remove the field or set it to the value named.',
    exit: wrongUse,
  },
  'KL-SPEC-FIXED': {
    title: 'The spec was changed in a way that a running cluster can not follow',
    why: 'These fields are built into the cluster when it is made.',
    cure: 'Put the old value back, or run kubelab destroy and then kubelab up.',
    exit: wrongUse,
  },
  'KL-VERSION-UNKNOWN': {
    title: 'That Kubernetes version can not be had',
    why: 'The source has no such patch.',
    cure: 'Ask for one of the nearest versions named, or another source.',
    exit: wrongUse,
  },
  'KL-NET-NO-SUBNET': {
    title: 'No free private subnet was found for the nodes',
    why: 'Every candidate clashes with a route, an interface or another network of this host, or with the pod or service range.',
    cure: 'Name a free range in network.nodes.',
    exit: hostUnfit,
  },
  'KL-NET-CLASH': {
    title: 'The address range is already in use',
    why: 'Nodes in a range that the host already routes elsewhere can not be reached, and break what was there.',
    cure: 'Choose another range, or write auto and let kubelab find one.',
    exit: hostUnfit,
  },
  'KL-NET-VIRTUALBOX': {
    title: 'VirtualBox does not allow the address range of the nodes',
    why: 'From 6.1.28 on, host-only networks have to lie in 192.168.56.0/21, or in what /etc/vbox/networks.conf names.',
    cure: 'Write auto in network.nodes, or name the range in /etc/vbox/networks.conf with a line such as: * 10.83.0.0/16',
    exit: hostUnfit,
  },
  'KL-HOST-NO-PROVIDER': {
    title: 'This host can not run machines',
    why: 'No provider is usable; each line says what it lacks.',
    cure: 'Install or enable what is missing, then try again.',
    exit: hostUnfit,
  },
  'KL-HOST-KVM-UNUSABLE': {
    title: 'Hardware virtualisation does not work on this host',
    why: 'A small guest was booted with KVM, and it was refused, broke, or did not end in time. That /dev/kvm is there says little.',
    cure: 'Switch on virtualisation in the firmware, or let the provider be auto, which takes system containers instead.',
    exit: hostUnfit,
  },
  'KL-HOST-TOOL-MISSING': {
    title: 'A program that kubelab needs is not installed',
    why: 'kubelab drives the tools of the system rather than bring its own.',
    cure: 'Install the packages named.',
    exit: hostUnfit,
  },
  'KL-HOST-KERNEL': {
    title: 'The kernel lacks something that nodes need',
    why: 'It was tried, and it failed.',
    cure: 'Load the module named or boot a kernel that has it.',
    exit: hostUnfit,
  },
  'KL-HOST-LIBVIRT': {
    title: 'libvirt can not be reached',
    why: 'Its daemon does not run, or this user may not use it.',
    cure: 'Start it (systemctl start libvirtd), join its group (sudo usermod -aG libvirt $USER, then log in again), and see whether virsh -c qemu:///system list works.',
    exit: hostUnfit,
  },
  'KL-HOST-VIRTUALISATION': {
    title: 'Hardware virtualisation can not be used',
    why: 'It is switched off in the firmware, absent, closed to this user, or another hypervisor has it: KVM, VirtualBox and Hyper-V do not share.',
    cure: 'Switch it on in the firmware, end the machines of the other hypervisor, or take its provider.',
    exit: hostUnfit,
  },
  'KL-HOST-ROOT': {
    title: 'kubelab needs root for this',
    why: 'Machines, mounts and bridges are made by root. kubelab runs single commands through sudo, and sudo did not allow it.',
    cure: 'Run as root, or allow sudo for this user (sudo -v asks for the password once).',
    exit: hostUnfit,
  },
  'KL-HOST-DISK-FULL': {
    title: 'The disk is full',
    why: 'A build, an image or a node needs more room than is left.',
    cure: 'Free some space (kubelab cache prune removes what no cluster uses), then run the same command again: it goes on where it stopped.',
    exit: hostUnfit,
  },
  'KL-HOST-PORT': {
    title: 'A port that the cluster needs is in use',
    why: 'Another program listens on it.',
    cure: 'Stop that program, then try again.',
    exit: hostUnfit,
  },
  'KL-SOURCE-UNREACHABLE': {
    title: 'The source can not be reached',
    why: 'A download failed after several tries.',
    cure: 'Check the connection or a proxy, or use another source: a bundle works without any network.',
    exit: hostUnfit,
  },
  'KL-SOURCE-REFUSED': {
    title: 'The source answered that it does not have this',
    why: 'The server answered 403 or 404: a version that was never there, or a repository that is gone.',
    cure: 'Ask for another version or source. kubelab versions lists what can be had.',
    exit: wrongUse,
  },
  'KL-SOURCE-DIGEST': {
    title: 'A file does not have the digest it should have',
    why: 'It was damaged on the way or changed at the source. It was not used.',
    cure: 'Try again. If it stays, do not trust the source.',
    exit: hostUnfit,
  },
  'KL-SOURCE-BUILD': {
    title: 'A program could not be built from its Go module',
    why: 'The Go toolchain reported an error; the log has its words.',
    cure: 'Read the log named. Another patch of the same minor may build.',
    exit: clusterFailed,
  },
  'KL-BUNDLE-INVALID': {
    title: 'The bundle can not be used',
    why: 'It is damaged, of an unknown format, or holds something that does not belong there.',
    cure: 'Get the file again, or make it anew with kubelab bundle create.',
    exit: wrongUse,
  },
  'KL-LAB-UNKNOWN': {
    title: 'There is no such lab',
    why: 'It is the id of no lab that kubelab ships or a pack has, and no folder with a lab.yaml.',
    cure: 'Run kubelab lab list to see the labs that there are.',
    exit: wrongUse,
  },
  'KL-LAB-INVALID': {
    title: 'The lab is not valid',
    why: 'Each line below names a place in a file of the lab, what stands there and what was expected.',
    cure: 'Correct the lines named. kubelab lab lint finds what else is wrong with it.',
    exit: wrongUse,
  },
  'KL-LAB-IMAGE': {
    title: 'There is no image for what the lab needs',
    why: 'Labs ask for images by the role that they play, and the source of this cluster has none for this one.',
    cure: 'If the source is a bundle, make it anew without --no-labs.',
    exit: wrongUse,
  },
  'KL-BOX-MISSING': {
    title: 'The box can not be had',
    why: 'It is not installed, and Vagrant did not find it where it looked.',
    cure: 'Add it with vagrant box add, or name a local .box file or a URL in the field box.',
    exit: hostUnfit,
  },
  'KL-CLUSTER-BUSY': {
    title: 'Another kubelab is working on this cluster',
    why: 'Two runs at once would undo each other.',
    cure: 'Wait for the other run to end, or stop it.',
    exit: busy,
  },
  'KL-CLUSTER-NONE': {
    title: 'There is no such cluster here',
    why: 'Nothing was brought up from this spec yet.',
    cure: 'Run kubelab up.',
    exit: wrongUse,
  },
  'KL-CLUSTER-HALTED': {
    title: 'The cluster is not running',
    why: 'Its machines are halted or were cut off.',
    cure: 'Run kubelab up.',
    exit: clusterFailed,
  },
  'KL-NODE-UNKNOWN': {
    title: 'There is no such node in this cluster',
    why: 'The name is not one of the nodes of the plan.',
    cure: 'Use one of the names listed.',
    exit: wrongUse,
  },
  'KL-MACHINE-FAILED': {
    title: 'A machine did not start',
    why: 'Its process ended or it never answered.',
    cure: 'Read the log named, then run kubelab up again.',
    exit: clusterFailed,
  },
  'KL-MACHINE-STRAY': {
    title: 'Machines are there that nothing is known of any more',
    why: 'The folder .kubelab was removed while they existed. Their keys went with it, so that nobody can log in.',
    cure: 'Run kubelab destroy, which removes them, and then kubelab up.',
    exit: clusterFailed,
  },
  'KL-STATE-DAMAGED': {
    title: 'A file that kubelab keeps is damaged',
    why: 'It does not hold what kubelab wrote there.',
    cure: 'Put the file back, or run kubelab destroy and kubelab up.',
    exit: wrongUse,
  },
  'KL-STEP-FAILED': {
    title: 'A step failed',
    why: 'What the step ran reported an error.',
    cure: 'Read what it said, then run kubelab up again: it goes on from there.',
    exit: clusterFailed,
  },
  'KL-LAB-FAILED': {
    title: 'Something that the lab itself does could not be done',
    why: 'Setting up, solving or resetting failed on the cluster. That is a mistake in the lab or a trouble of the cluster, and none of yours.',
    cure: 'See how the cluster is with kubelab status, then try again. If it stays, tell whoever wrote the lab.',
    exit: clusterFailed,
  },
  'KL-LAB-NONE': {
    title: 'No lab has been started on this cluster',
    why: 'The command is about the lab that is being worked on, and there is none.',
    cure: 'See kubelab lab list, then run kubelab lab start ID.',
    exit: wrongUse,
  },
  'KL-LAB-UNFIT': {
    title: 'The lab does not fit this cluster',
    why: 'It needs something that the cluster has not; each line says what.',
    cure: 'Take another lab from kubelab lab list, or change the spec and run kubelab up.',
    exit: wrongUse,
  },
  'KL-LAB-TRUST': {
    title: 'The lab is from a pack that you have not said to trust',
    why: 'Its scripts run as root on nodes that share the kernel of this host, and could find their way out. Who made a pack is not checked. What you said once counts until the pack changes.',
    cure: 'If you trust who made it, run kubelab lab start ID on a terminal, which asks, or give --trust. Nodes on virtual machines need no trust.',
    exit: wrongUse,
  },
  'KL-LAB-NAMESPACE': {
    title: 'The namespace of the lab is not its own',
    why: 'A lab deletes all that is in its namespace when it is reset or ends. This one was made by somebody else, or for another lab.',
    cure: 'If nothing in it is needed, delete it first: kubelab kubectl delete namespace NAME.',
    exit: wrongUse,
  },
  'KL-LAB-ORDER': {
    title: 'The lab is not at the place for that',
    why: 'Steps come one after the other: one has to pass before the next begins.',
    cure: 'Run kubelab lab check to see what is missing, or kubelab lab solve to have it done for you.',
    exit: wrongUse,
  },
  'KL-WAIT-DEADLINE': {
    title: 'A wait ran out',
    why: 'What was waited for did not come within its deadline.',
    cure: 'The hint says where to look. kubelab up goes on from there.',
    exit: deadline,
  },
  ...packErrors,
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
