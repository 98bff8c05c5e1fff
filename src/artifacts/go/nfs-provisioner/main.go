// Program nfs-provisioner makes a volume for each claim: a folder of its own in one NFS export. It reads the environment
// and the parameters of storage classes that nfs-subdir-external-provisioner reads, so that a manifest fits either.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	core "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	missing "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Where the pod has the export mounted.
const mountPoint = "/persistentvolumes"

type provisioner struct {
	client kubernetes.Interface
	// The export, as nodes mount it.
	server, path string
	// Where the same folder is here.
	mount string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	name, server, path := os.Getenv("PROVISIONER_NAME"), os.Getenv("NFS_SERVER"), os.Getenv("NFS_PATH")
	if name == "" || server == "" || path == "" {
		return errors.New("PROVISIONER_NAME, NFS_SERVER and NFS_PATH must be set")
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	// Off unless asked for: the election is held with a lease, which the usual roles of this provisioner do not allow.
	elect, _ := strconv.ParseBool(os.Getenv("ENABLE_LEADER_ELECTION"))
	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	work := &provisioner{client: client, server: server, path: path, mount: mountPoint}
	controller.NewProvisionController(stopped, client, name, work, controller.LeaderElection(elect)).Run(stopped)
	return nil
}

// Provision makes the folder of a claim and the volume that leads to it.
func (p *provisioner) Provision(_ context.Context, options controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	claim := options.PVC
	if claim.Spec.Selector != nil {
		return nil, controller.ProvisioningFinished, errors.New("a claim with a selector can not be provisioned")
	}
	folder, err := p.folderFor(options)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	place := filepath.Join(p.mount, folder)
	if err := os.MkdirAll(place, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// Whatever the umask: pods run as any user.
	if err := os.Chmod(place, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: options.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: reclaimPolicy(options.StorageClass),
			AccessModes:                   claim.Spec.AccessModes,
			MountOptions:                  options.StorageClass.MountOptions,
			Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
			PersistentVolumeSource: core.PersistentVolumeSource{
				NFS: &core.NFSVolumeSource{Server: p.server, Path: filepath.Join(p.path, folder)},
			},
		},
	}, controller.ProvisioningFinished, nil
}

// Delete does with the folder of a volume what the storage class says: by default it is kept under another name.
func (p *provisioner) Delete(ctx context.Context, volume *core.PersistentVolume) error {
	if volume.Spec.NFS == nil {
		return &controller.IgnoredError{Reason: "it is no NFS volume"}
	}
	folder, err := filepath.Rel(p.path, volume.Spec.NFS.Path)
	if err != nil || !filepath.IsLocal(folder) || folder == "." {
		return &controller.IgnoredError{Reason: volume.Spec.NFS.Path + " is no folder of " + p.path}
	}
	place := filepath.Join(p.mount, folder)
	if _, err := os.Stat(place); os.IsNotExist(err) {
		return nil
	}
	class, err := p.client.StorageV1().StorageClasses().Get(ctx, volume.Spec.StorageClassName, meta.GetOptions{})
	if missing.IsNotFound(err) {
		// Then nobody said that the data may go.
		class = &storage.StorageClass{}
	} else if err != nil {
		return err
	}
	switch fate(class.Parameters) {
	case "delete":
		return os.RemoveAll(place)
	case "retain":
		return nil
	default:
		archive := filepath.Join(p.mount, "archived-"+filepath.Base(place))
		// With a pathPattern, an earlier volume may have had the same folder.
		if _, err := os.Lstat(archive); err == nil {
			archive += "-" + volume.Name
		}
		return os.Rename(place, archive)
	}
}

// fate is what becomes of the folder of a volume that is deleted: delete, retain or archive.
func fate(parameters map[string]string) string {
	if wish := parameters["onDelete"]; wish == "delete" || wish == "retain" {
		return wish
	}
	if archive, err := strconv.ParseBool(parameters["archiveOnDelete"]); err == nil && !archive {
		return "delete"
	}
	return "archive"
}

var placeholder = regexp.MustCompile(`\$\{\.PVC\.(name|namespace|labels|annotations)(?:\.([^}]+))?\}`)

// folderFor is the folder of a claim below the export: named after claim and volume, or as pathPattern says.
func (p *provisioner) folderFor(options controller.ProvisionOptions) (string, error) {
	claim := options.PVC
	pattern := options.StorageClass.Parameters["pathPattern"]
	if pattern == "" {
		return strings.Join([]string{claim.Namespace, claim.Name, options.PVName}, "-"), nil
	}
	folder := placeholder.ReplaceAllStringFunc(pattern, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		switch parts[1] {
		case "name":
			return claim.Name
		case "namespace":
			return claim.Namespace
		case "labels":
			return claim.Labels[parts[2]]
		default:
			return claim.Annotations[parts[2]]
		}
	})
	// Labels and annotations are whatever the author of a claim wrote.
	folder = filepath.Clean(strings.TrimLeft(folder, "/"))
	if !filepath.IsLocal(folder) || folder == "." {
		return "", fmt.Errorf("pathPattern %q leads to %q, which is no folder within the export", pattern, folder)
	}
	return folder, nil
}

func reclaimPolicy(class *storage.StorageClass) core.PersistentVolumeReclaimPolicy {
	if class.ReclaimPolicy == nil {
		return core.PersistentVolumeReclaimDelete
	}
	return *class.ReclaimPolicy
}
