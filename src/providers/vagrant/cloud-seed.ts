import { makeIsoImage } from './iso-image.ts';

/**
 * The public half of a key that every Vagrant has: keys/vagrant.pub.rsa in its source, and in provision/05-vm.sh. Vagrant
 * puts one of the machine's own in its place before anything else is done.
 */
export const vagrantPublicKey =
  'ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key';

/**
 * What cloud-init does at the first boot of a cloud image, as the files of its data source NoCloud:
 * https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html. It makes the user that Vagrant comes as, and
 * then never runs again: names and networks are Vagrant's and kubelab's.
 */
export function cloudSeedFiles(publicKey: string): Readonly<Record<'user-data' | 'meta-data', string>> {
  return {
    'user-data': `#cloud-config
users:
  - name: vagrant
    shell: /bin/bash
    lock_passwd: true
    sudo: "ALL=(ALL:ALL) NOPASSWD:ALL"
    ssh_authorized_keys:
      - ${JSON.stringify(publicKey)}
ssh_pwauth: false
disable_root: false
preserve_hostname: true
package_update: false
package_upgrade: false
runcmd:
  - [touch, /etc/cloud/cloud-init.disabled]
`,
    'meta-data': 'instance-id: kubelab\nlocal-hostname: kubelab\n',
  };
}

/** The same as a small disk that cloud-init knows by its label. */
export function cloudSeedImage(publicKey: string): Buffer {
  return makeIsoImage('cidata', cloudSeedFiles(publicKey));
}
