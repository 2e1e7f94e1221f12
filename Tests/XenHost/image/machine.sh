# What a test host's machine is. Sourced by the image's builder and by xenhost: the booted state in the image fits
# only this machine, so a change here makes a new image.
# shellcheck shell=bash

# What Xen and dom0 are: the release is a parameter. Debian 13 is trixie with Xen 4.20.
XENHOST_SUITE=${XENHOST_SUITE:-bookworm}
case $XENHOST_SUITE in
    bookworm) XENHOST_XEN=${XENHOST_XEN:-4.17} ;;
    trixie) XENHOST_XEN=${XENHOST_XEN:-4.20} ;;
    *) XENHOST_XEN=${XENHOST_XEN:?"set XENHOST_XEN to the Xen version of Debian $XENHOST_SUITE, such as 4.20"} ;;
esac
XENHOST_MEM=${XENHOST_MEM:-6144}           # MiB of the whole machine
XENHOST_DOM0_MEM=${XENHOST_DOM0_MEM:-1536} # MiB of dom0

# machine IMAGE CPUS DISK PORT DIR [QEMU ARGUMENTS...]: becomes QEMU running the host with so many processors, with ssh
# on 127.0.0.1:PORT, its serial console in DIR/serial and its monitor on DIR/monitor.
#
# -accel: Xen is no guest for nested KVM on the machines that CI offers; emulation works anywhere.
# -cpu: `max` does not work. Its SMAP trips dom0's iret, and its RDTSCP breaks PVH guests under emulation.
# bootscrub=off: scrubbing would make every page of the machine resident on the build machine.
machine() {
    local image=$1 cpus=$2 disk=$3 port=$4 dir=$5
    shift 5
    exec qemu-system-x86_64 -name "swift-xl-${dir##*/}" \
        -accel tcg,thread=multi -cpu qemu64,+svm,+npt,+nrip-save,+vmcb-clean -smp "$cpus" -m "$XENHOST_MEM" \
        -display none -nodefaults -no-user-config -no-reboot \
        -kernel "$image/xen" -initrd "$image/vmlinuz root=/dev/vda rw console=hvc0 quiet,$image/initrd.img" \
        -append "console=com1 com1=115200,8n1 dom0_mem=${XENHOST_DOM0_MEM}M,max:${XENHOST_DOM0_MEM}M dom0_max_vcpus=$cpus bootscrub=0 loglvl=all guest_loglvl=all" \
        -blockdev "driver=file,node-name=file,filename=$disk,cache.no-flush=on" \
        -blockdev "driver=${disk##*.},node-name=disk,file=file" -device virtio-blk-pci,drive=disk \
        -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:22" -device virtio-net-pci,netdev=net \
        -chardev "file,id=serial,path=$dir/serial" -serial chardev:serial \
        "$@"
}
