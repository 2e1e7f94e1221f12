extension ConfigCorpus {
    /// Values of keys with a grammar or rule of their own; those that begin with `=` stand behind the key's name.
    static let samples: [String: [String]] = [
        "name": ["='n'", "=''", "=5", "=['n']", "='a\"b\\\\c'"],
        "uuid": [
            "='6f1c2a4e-0b1d-4c3e-9f00-112233445566'", "='6F1C2A4E0B1D4C3E9F00112233445566'", "='6f1c2a4e'", "='zz'",
            "='6f1c-2a4e-0b1d-4c3e-9f00-112233445566'",
        ],
        "type": ["='pv'", "='pvh'", "='hvm'", "='h'", "='p'", "=''", "='PV'", "='xen'", "=1", "=['pv']"],
        "builder": [
            "='hvm'", "='generic'", "='linux'", "='h'", "type='hvm'\nbuilder='generic'", "type='hvm'\nbuilder='hvm'",
        ],
        "vcpus": [
            "=1", "=3", "=128", "=0", "='-1'", "=0x4", "='x'", "=[1]", "vcpus=2\nmaxvcpus=4", "vcpus=4\nmaxvcpus=2",
            "=1000",
        ],
        "maxvcpus": ["=1", "=2", "=8", "=0", "='x'", "='-2'"],
        "memory": [
            "=1", "=64", "=4096", "=1000000", "='-1'", "='x'", "=[1]", "memory=64\nmaxmem=128", "memory=128\nmaxmem=64",
            "=0",
        ],
        "seclabel": ["='a:b:c'", "init_seclabel='i'\nseclabel='s'", "=['x']"],
        "cpus": [
            "='0'", "='0-1'", "='0,1'", "='all'", "='all,^1'", "='^0'", "='0-1,^1'", "='node:0'", "='nodes:0'",
            "='nodes:0,^0'",
            "='^all'", "='1-0'", "='x'", "='0-'", "=''", "='0,,1'", "='7'", "=['0','1']", "=['all']",
            "=['0','1','0','1']",
            "=['x']", "=[0,1]", "=[['0']]", "=[]", "=1", "='node:5'", "='0 1'",
        ],
        "cpus_soft": ["='0'", "='all'", "=['0','1']", "=['1']", "cpus='0'\ncpus_soft='1'", "='x'", "=[]"],
        "vnuma": [
            "vcpus=2\nmaxvcpus=2\nvnuma=[['pnode=0','size=64','vcpus=0-1','vdistances=10']]",
            "vcpus=2\nvnuma=[['pnode=0','size=32','vcpus=0','vdistances=10,20'],['pnode=0','size=32','vcpus=1','vdistances=20,10']]",
            "vcpus=2\nmaxvcpus=2\nmemory=64\nmaxmem=64\nvnuma=[[' pnode = 0 ','size=64','vcpus=0,1']]",
            "vcpus=2\nmaxvcpus=2\nmaxmem=32\nvnuma=[['pnode=0','size=64','vcpus=0-1']]",
            "vcpus=2\nmaxvcpus=4\nvnuma=[['pnode=0','size=64','vcpus=0-1']]",
            "vnuma=[['pnode=7','size=64','vcpus=0-1']]",
            "vnuma=[['pnode']]", "vnuma=['pnode=0']", "vnuma=[]", "vnuma=''",
        ],
        "ioports": [
            "=['2f8']", "=['2f8-2ff']", "=['0x2f8-0x2ff','3f8']", "=['2ff-2f8']", "=['2f8x']", "=['2f8-2ffx']",
            "=['ffffffff']",
            "=['x']", "=[10]", "='2f8'", "=[['2f8']]", "=[]", "=['-1']", "=[' 2f8']",
        ],
        "irqs": ["=[5]", "=['5','7']", "=['5x']", "=['x']", "=['4294967295']", "=5", "=[[5]]", "=[]", "=[' 5']"],
        "iomem": [
            "=['f0000,1']", "=['0xf0000,0x10@0']", "=['f0000,1@1000']", "=['f0000']", "=['f0000,1@']", "=['f0000,1x']",
            "=['x,1']",
            "='f0000,1'", "=[['f0000,1']]", "=[]",
        ],
        "on_crash": [
            "='destroy'", "='restart'", "='rename-restart'", "='preserve'", "='coredump-destroy'",
            "='coredump-restart'",
            "='soft-reset'", "='Destroy'", "='x'", "=['destroy']",
        ],
        "cmdline": ["='a b'", "='a'\nroot='r'", "=''", "=['a']"],
        "root": ["='/dev/xvda1'", "root='r'\nextra='e'", "=''"],
        "extra": ["='e f'", "=''", "extra='a'\nextra+=' b'"],
        "kernel": ["='/k'", "='/usr/lib/xen-4.17/boot/hvmloader'", "=''", "=['k']"],
        "bootloader": ["='pygrub'", "='/usr/bin/pygrub'", "name='b'\nkernel=''\nbootloader='b'", "=''"],
        "bootloader_args": ["=['-a','b c']", "='-a  b\\tc'", "=[]", "=5"],
        "firmware": [
            "='ovmf'", "='seabios'", "='rombios'", "='uefi'", "='bios'", "='/path'", "='u'", "='b'", "=''",
            "='pvgrub64'", "='SeaBIOS'",
            "=['x']",
        ],
        "rdm": [
            "='strategy=host,policy=strict'", "='strategy=host,policy=relaxed'", "='strategy=host'", "='strategy=x'",
            "='policy=strict'", "=''", "='x'", "rdm='strategy=host,policy=strict'\npci=['00:1f.0']",
        ],
        "viridian": [
            "=0", "=1", "='x'", "=[]", "=['all']", "=['defaults']", "=['base','freq']", "=['all','!stimer']",
            "=['!all']",
            "=['stimer','!stimer']", "=['nonsense']", "=['BASE']",
        ],
        "mmio_hole": ["=256", "=3840", "=255", "=3841", "='x'", "=1024"],
        "ms_vm_genid": ["='none'", "='x'", "=''", "=1", "=['none']"],
        "mca_caps": ["=['lmce']", "=['x']", "=[]", "='lmce'", "=['lmce','lmce']"],
        "vga": ["='stdvga'", "='cirrus'", "='none'", "='qxl'", "='VGA'", "=''", "vga='qxl'\nstdvga=1", "=1"],
        "vnclisten": [
            "='0.0.0.0'", "vnclisten='0.0.0.0:1'\nvncdisplay=1", "vnclisten='0.0.0.0:1'", "vnc=1\nvnclisten='1.2.3.4'",
        ],
        "vncdisplay": ["=0", "=5", "vnc=1\nvncdisplay=2", "='x'"],
        "vnc": [
            "=0", "=1", "=2", "='x'",
            "vnc=1\nsdl=1\nopengl=0\ndisplay='d'\nxauthority='x'\nkeymap='de'\nvncpasswd='p'\nvncunused=0",
        ],
        "usbdevice": ["='tablet'", "=['tablet','mouse']", "=[]", "=5"],
        "serial": ["='pty'", "=['pty','null']", "=[]", "=5"],
        "device_model": ["='/x/qemu'", "='/x/stubdom-dm'"],
        "arm_sci": ["='type=none'", "='type=scmi_smc'", "='x'"],
        "xenstore_quota": ["=['nodes=1000']", "=['nodes']", "='x'"],
        "llc_colors": ["=['0-3','5']", "=['3-0']", "='x'"],
        "smbios": ["=['bios_vendor=x']", "=['oem=a=b','oem=c']", "=['x=y']", "=['oem=']", "='x'"],
    ]

    /// Keys that speak with each other.
    static let combinations: [String] = [
        "vcpus=1\nmaxvcpus=4\ncpus='0-1'\ncpus_soft=['0','1']", "memory=32\nmaxmem=64\nshadow_memory=8",
        "vfb=['vnc=1,vncdisplay=3','sdl=1']\nvkb=['backend-type=qemu']\nvnc=1",
        "vnc=1\nvkb=['backend-type=linux,unique-id=u']",
        "pci=['00:1f.0']\npci_permissive=1\npci_msitranslate=1\npci_power_mgmt=1\npci_seize=1",
        "disk=[]\nvif=[]\ndisk+=['/d,raw,xvda,w']",
        "disk=['/a,,hda,r','/b,qcow2,xvdb,w']\nvif=['mac=00:16:3e:00:00:01,bridge=br0','']",
        "acpi=0\napic=0\npae=0\nhap=0\nnestedhvm=1",
        "bios='ovmf'\nbios_path_override='/x'\nfirmware_override='/y'",
        "spice=1\nspiceport=6000\nspicehost='h'\nspicedisable_ticketing=1",
        "stubdomain_kernel='k'\nstubdomain_memory=64\ndevice_model_stubdomain_override=1",
        "device_model_args=['a']\ndevice_model_args_pv=['b']\ndevice_model_args_hvm=['c','d']",
        "cpu_weight=512\ncap=50",
        "on_poweroff='preserve'\non_reboot='destroy'\non_watchdog='restart'\non_crash='preserve'\non_soft_reset='destroy'",
        "firmware='pvgrub64'", "builder='hvm'", "unknown_key=1\nanother=['x',['y']]", "memory=64\nmemory=32",
        "name='a'\nname+='b'",
        "memory=6\nmemory+=4", "disk='x'\ndisk+=['y']", "vif=['x']\nvif+='y'", "localtime=1\nrtc_timeoffset='-3600'",
        "usb=1\nusbversion=2\nusbdevice='tablet'", "pvshim=1\npvshim_path='p'\npvshim_cmdline='c'\npvshim_extra='e'",
        "passthrough='share_pt'\ndtdev=['/a','/b']", "altp2m='mixed'\naltp2mhvm=1",
        "videoram=32\nvga='stdvga'\nstdvga=0",
    ]

    private static let head = "name='l'\nuuid='6f1c2a4e-0b1d-4c3e-9f00-112233445566'\nkernel='/k'\nmemory=64\n"

    /// Texts that try the language itself.
    static let languageTexts: [String] = [
        "", "\n", "# only\n", head, head + "extra='a'", head + "# the end", head + "extra='\\x41\\102'\n",
        head + "extra=\"\\\"'\\\\\\t\\a\"\n",
        head + "extra='\\q'\n", head + "extra='a\n", head + "extra=yes\n", head + "vcpus = 2 ; maxvcpus = 3\n",
        head + ";;\n",
        head + "vcpus=2 maxvcpus=3\n", head + "vcpus=-1\n", head + "Vcpus=1\n",
        head + "disk=[\n'/a,raw,xvda,w', # one\n\n'/b,raw,xvdb,w',\n]\n",
        head + "disk=['/a,raw,xvda,w'\n", head + "disk=['/a,raw,xvda,w' '/b,raw,xvdb,w']\n", head + "disk=[,]\n",
        head + "x=[[[['y']]]]\n",
        head.split(separator: "\n").joined(separator: "\r\n") + "\r\n", "\u{FEFF}" + head,
        head + "extra='\u{E9}\u{1F600}'\n",
        head + "extra='#'\n", head + "vcpus=0x2\n", head + "vcpus=2a\n", head + "vcpus=\n", head + "vcpus\n",
        head + "=2\n", head + "vcpus==2\n",
        head + "extra='a' + 'b'\n", head + "def f():\n", head + "extra='''x'''\n", head + "\textra\t=\t'x'\t\n",
        head + "extra='a\\\nb'\n",
    ]
}
